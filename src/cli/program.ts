import { Command, Option } from 'commander';
import type { Layer } from '../config/layer.ts';
import { OPTION_KEYS } from '../config/options/options.ts';
import { VERSION } from '../util/version.ts';
import { DOCTOR_OPTIONS, INSPECT_OPTIONS, PLAN_OPTIONS, RETRY_OPTIONS } from './command-options.ts';
import type { AdoptWords } from './commands/adopt.ts';
import type { PlanFlags } from './commands/plan.ts';
import type { ReportFlags } from './commands/report.ts';
import type { RightsFlags } from './commands/rights.ts';
import {
  SCHEDULERS,
  type Scheduler,
  type SchedulerFlags,
  type ScheduleWords,
} from './commands/schedulers/schedulers.ts';
import type { VerifyFlags } from './commands/verify.ts';
import { addFlags, flagsLayer, helpStyle } from './flags.ts';
import { addGrowingCommands, type GrowingActions } from './growing-commands.ts';
import { SHELLS } from './shell/completion.ts';
import { toUsageError } from './usage-errors.ts';

/** What each command does. Flags are passed as given on the command line. */
export interface Actions extends GrowingActions {
  readonly download: (patterns: readonly string[], flags: Layer) => Promise<void>;
  readonly plan: (patterns: readonly string[], own: PlanFlags, flags: Layer) => Promise<void>;
  readonly inspect: (patterns: readonly string[], flags: Layer) => Promise<void>;
  readonly retry: (output: string, classes: string | undefined, flags: Layer) => Promise<void>;
  readonly verify: (output: string, own: VerifyFlags, flags: Layer) => Promise<void>;
  readonly report: (output: string, own: ReportFlags, flags: Layer) => Promise<void>;
  readonly rights: (output: string, own: RightsFlags, flags: Layer) => Promise<void>;
  readonly adopt: (words: AdoptWords, flags: Layer) => Promise<void>;
  readonly doctor: (flags: Layer) => Promise<void>;
  readonly schedule: (scheduler: Scheduler, words: ScheduleWords, flags: Layer) => Promise<void>;
  readonly queue: (command: QueueCommand, flags: Layer) => Promise<void>;
  readonly completion: (shell: string) => Promise<void>;
}

/** What is done with the runs of a queue. */
const QUEUE_COMMANDS = {
  status: 'Show the machines, shards and hosts of the runs in a queue (--queue)',
  pause: 'Let the machines of a queue take no further shards',
  resume: 'Let the machines of a queue go on',
  drain: 'Let the machines of a queue finish the shards that they hold and end',
} as const;
export type QueueCommand = keyof typeof QUEUE_COMMANDS;

/** Heading of the commands that change a dataset without a download. */
const FINISHED = 'Commands for finished datasets:';

/** Wider lines are hard to read, however wide the terminal is. */
const MAX_HELP_WIDTH = 110;

/** The command line as a commander program. `download` is the default command. */
export function createProgram(actions: Actions): Command {
  const program = new Command('laion-fetch')
    .usage('[download] <index...> --output <dir> [options]')
    .description(
      'Downloads the images of an index of URLs and captions, resizes them and writes a dataset. Flags override ' +
        "LAION_FETCH_* variables, which override --config. Defaults are in [brackets]. img2dataset's flags work, too.",
    )
    .optionsGroup('Help:')
    .version(VERSION, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand('help [command]', 'Print the help of a command')
    .configureOutput({
      // Every error becomes one line in our words; see usage-errors.ts.
      outputError: () => {},
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(process.stdout.columns ?? 80, MAX_HELP_WIDTH),
    });

  const download = program
    .command('download', { isDefault: true })
    .description('Download the images of an index into a dataset; the same command resumes')
    .argument('<index...>', 'files, folders, globs, or - for standard input')
    .action(async (patterns: string[], _options, command: Command) =>
      actions.download(patterns, flagsLayer(command)),
    );
  addFlags(download, OPTION_KEYS);

  const plan = program
    .command('plan')
    .description('Predict what a download would do and how long it would take; fetch nothing')
    .argument('<index...>', 'files, folders, globs, or - for standard input')
    .addOption(
      new Option('--machines <n>', 'Also predict the time on so many machines').helpGroup('Many machines:'),
    )
    .action(async (patterns: string[], options: PlanFlags, command: Command) =>
      actions.plan(patterns, options, flagsLayer(command)),
    );
  addFlags(plan, PLAN_OPTIONS);

  const inspect = program
    .command('inspect')
    .description('Show the columns, size and first rows of an index')
    .argument('<index...>', 'files, folders, globs, or - for standard input')
    .action(async (patterns: string[], _options, command: Command) =>
      actions.inspect(patterns, flagsLayer(command)),
    );
  addFlags(inspect, INSPECT_OPTIONS);

  const retry = program
    .command('retry')
    .description('Retry failed rows of a dataset and add their images in place')
    .argument('<output>', 'folder of the dataset')
    .addOption(
      new Option(
        '--class <list>',
        'Failures to retry: timeout,http_429, or all (except errors in the index) [those that may be temporary]',
      ).helpGroup('Rows:'),
    )
    .action(async (output: string, options: { class?: string }, command: Command) =>
      actions.retry(output, options.class, flagsLayer(command)),
    );
  addFlags(retry, RETRY_OPTIONS);

  const verify = program
    .command('verify')
    .description('Check that a dataset is complete and consistent')
    .argument('<output>', 'folder of the dataset')
    .addOption(
      new Option('--deep', 'Decode every image and compare its size with the metadata').helpGroup('Checks:'),
    )
    .addOption(
      new Option(
        '--index <path...>',
        'Files of the index, to compare row by row [where the run read them]',
      ).helpGroup('Checks:'),
    )
    .addOption(
      new Option('--repair', 'Remove broken shards, so that the same download recreates them').helpGroup(
        'Checks:',
      ),
    )
    .action(async (output: string, options: VerifyFlags, command: Command) =>
      actions.verify(output, options, flagsLayer(command)),
    );
  addFlags(verify, ['inputFormat', 'decoders', 'json']);

  const report = program
    .command('report')
    .description('Write a page about a dataset: outcomes, causes, throughput, hosts, images')
    .argument('<output>', 'folder of the dataset')
    .addOption(
      new Option('-o, --output <file>', 'File to write, or - [report.html in the dataset]').helpGroup(
        'Report:',
      ),
    )
    .addOption(new Option('--markdown', 'Print tables in Markdown instead').helpGroup('Report:'))
    .addOption(new Option('--images <n>', 'Images to show with their captions [36]').helpGroup('Report:'))
    .action(async (output: string, options: ReportFlags, command: Command) =>
      actions.report(output, options, flagsLayer(command)),
    );
  addFlags(report, ['seed', 'decoders', 'json']);

  const rights = program
    .command('rights')
    .description('Show what the owners of the images said: how many said no, how, on which hosts')
    .argument('<output>', 'folder of the dataset')
    .addOption(
      new Option('--parquet <file>', 'Also write the rights of every row to a Parquet file').helpGroup(
        'Rights:',
      ),
    )
    .action(async (output: string, own: RightsFlags, command: Command) =>
      actions.rights(output, own, flagsLayer(command)),
    );
  addFlags(rights, ['json']);

  const adopt = program
    .command('adopt')
    .helpGroup(FINISHED)
    .description('Take over a dataset that img2dataset wrote; with the options of its command line')
    .usage('<output> [--input <index...>] [options]')
    .argument('[output]', 'folder of the dataset')
    .argument('[index...]', 'files of its index')
    .addOption(
      new Option('--input <path...>', 'Files of its index, to compare row by row').helpGroup('Checks:'),
    )
    .action(
      async (output: string | undefined, index: string[], own: { input?: string[] }, command: Command) =>
        actions.adopt(
          { output: output ?? null, index: [...index, ...(own.input ?? [])] },
          flagsLayer(command),
        ),
    );
  addFlags(adopt, OPTION_KEYS);

  addGrowingCommands(program, actions, FINISHED);

  const doctor = program
    .command('doctor')
    .description('Check this machine: name servers, limits, disk, memory, decoders')
    .action(async (_options, command: Command) => actions.doctor(flagsLayer(command)));
  addFlags(doctor, DOCTOR_OPTIONS);

  for (const name of ['slurm', 'k8s'] as const) {
    const schedule = program
      .command(name)
      .helpGroup('Commands for clusters:')
      .description(`Print ${SCHEDULERS[name]} that divides a download among machines`)
      .argument('<index...>', 'files, folders, globs that all machines see')
      .addOption(new Option('--machines <n>', 'Number of parts [10]').helpGroup('Many machines:'))
      .action(async (index: string[], own: SchedulerFlags, command: Command) =>
        actions.schedule(name, { index, own }, flagsLayer(command)),
      );
    addFlags(schedule, OPTION_KEYS);
  }

  for (const [name, purpose] of Object.entries(QUEUE_COMMANDS)) {
    const command = program
      .command(name)
      .helpGroup('Commands for clusters:')
      .description(purpose)
      .action(async (_own, command: Command) => actions.queue(name as QueueCommand, flagsLayer(command)));
    addFlags(command, ['queue', 'json']);
  }

  program
    .command('completion')
    .description('Print a script that completes commands and options in a shell')
    .argument('<shell>', SHELLS.join(', '))
    .action(async (shell: string) => actions.completion(shell));

  for (const command of program.commands) command.optionsGroup('Help:').configureHelp(helpStyle);
  // The program's help is that of its default command, plus the list of the other commands.
  program.configureHelp({
    ...helpStyle,
    visibleOptions: () => [...download.createHelp().visibleOptions(download), ...program.options],
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride((error) => {
      throw toUsageError(error, command);
    });
  }
  return program;
}
