import { Command, Option } from 'commander';
import type { Layer } from '../config/layer.ts';
import { OPTION_KEYS, type OptionKey, optionSpec } from '../config/options/options.ts';
import { VERSION } from '../util/version.ts';
import { addFlags, flagsLayer, helpStyle } from './flags.ts';
import { toUsageError } from './usage-errors.ts';
import type { VerifyFlags } from './verify.ts';

/** What each command does; flags come as the command line gave them. */
export interface Actions {
  readonly download: (patterns: readonly string[], flags: Layer) => Promise<void>;
  readonly plan: (patterns: readonly string[], flags: Layer) => Promise<void>;
  readonly inspect: (patterns: readonly string[], flags: Layer) => Promise<void>;
  readonly retry: (output: string, classes: string | undefined, flags: Layer) => Promise<void>;
  readonly verify: (output: string, own: VerifyFlags, flags: Layer) => Promise<void>;
  readonly doctor: (flags: Layer) => Promise<void>;
}

/** What changes the costs of a download. */
const PLAN_OPTIONS: readonly OptionKey[] = [
  'inputFormat',
  'urlCol',
  'captionCol',
  'columns',
  'where',
  'limit',
  'sample',
  'seed',
  'outputFormat',
  'numberSamplePerShard',
  'extractExif',
  'computeHash',
  'imageSize',
  'resizeMode',
  'resizeOnlyIfBigger',
  'upscaleInterpolation',
  'downscaleInterpolation',
  'autoOrient',
  'encodeFormat',
  'encodeQuality',
  'skipReencode',
  'disableAllReencoding',
  'minImageSize',
  'maxImageArea',
  'maxAspectRatio',
  'concurrency',
  'perHost',
  'perHostRate',
  'rate',
  'bandwidth',
  'timeoutMs',
  'retries',
  'allowPrivate',
  'ports',
  'decoders',
  'lanes',
  'json',
  'preset',
  'config',
];

const INSPECT_OPTIONS: readonly OptionKey[] = [
  'inputFormat',
  'urlCol',
  'captionCol',
  'columns',
  'where',
  'numberSamplePerShard',
  'json',
  'config',
];

/** How to fetch and what to show; what shapes the dataset is settled. */
const RETRY_OPTIONS: readonly OptionKey[] = OPTION_KEYS.filter((key) => {
  const { group, dataset } = optionSpec(key);
  return ['Network', 'Manners and safety', 'Run'].includes(group) && !dataset && key !== 'preset';
});

const DOCTOR_OPTIONS: readonly OptionKey[] = [
  'output',
  'outputFormat',
  'concurrency',
  'perHost',
  'resolver',
  'decoders',
  'json',
  'config',
];

/** Wider lines are hard to read, however wide the terminal is. */
const MAX_HELP_WIDTH = 110;

/** The command line as commander knows it: a command each, `download` where none is named. */
export function createProgram(actions: Actions): Command {
  const program = new Command('laion-fetch')
    .usage('[download] <index...> --output <dir> [options]')
    .description(
      'Downloads the pictures of an index of URLs and captions, resizes them and writes a dataset. Flags win over ' +
        "LAION_FETCH_* variables, these over --config. Defaults stand in [brackets]. img2dataset's flags work too.",
    )
    .optionsGroup('Help:')
    .version(VERSION, '--version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand('help [command]', 'Print the help of a command')
    .configureOutput({
      // Every complaint becomes one line of ours; see usage-errors.ts.
      outputError: () => {},
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(process.stdout.columns ?? 80, MAX_HELP_WIDTH),
    });

  const download = program
    .command('download', { isDefault: true })
    .description('Download the pictures of an index into a dataset; the same command resumes')
    .argument('<index...>', 'files, folders, globs, or - for standard input')
    .action(async (patterns: string[], _options, command: Command) =>
      actions.download(patterns, flagsLayer(command)),
    );
  addFlags(download, OPTION_KEYS);

  const plan = program
    .command('plan')
    .description('Tell what a download would do and how long it would take; fetches nothing')
    .argument('<index...>', 'files, folders, globs, or - for standard input')
    .action(async (patterns: string[], _options, command: Command) =>
      actions.plan(patterns, flagsLayer(command)),
    );
  addFlags(plan, PLAN_OPTIONS);

  const inspect = program
    .command('inspect')
    .description('Show the columns, the size and the first rows of an index')
    .argument('<index...>', 'files, folders, globs, or - for standard input')
    .action(async (patterns: string[], _options, command: Command) =>
      actions.inspect(patterns, flagsLayer(command)),
    );
  addFlags(inspect, INSPECT_OPTIONS);

  const retry = program
    .command('retry')
    .description('Fetch rows of a dataset that failed once more and fill them in where they belong')
    .argument('<output>', 'folder of the dataset')
    .addOption(
      new Option(
        '--class <list>',
        'Failures to try again: timeout,http_429, or all but faults of the index [what may have healed]',
      ).helpGroup('Rows:'),
    )
    .action(async (output: string, options: { class?: string }, command: Command) =>
      actions.retry(output, options.class, flagsLayer(command)),
    );
  addFlags(retry, RETRY_OPTIONS);

  const verify = program
    .command('verify')
    .description('Prove a dataset whole: archives, metadata, statistics and digests agree')
    .argument('<output>', 'folder of the dataset')
    .addOption(
      new Option('--deep', 'Decode every picture and compare its size with the metadata').helpGroup('Proof:'),
    )
    .addOption(
      new Option(
        '--index <path...>',
        'Files of the index, to compare row by row [where the run met them]',
      ).helpGroup('Proof:'),
    )
    .addOption(
      new Option('--repair', 'Remove broken shards, so that the same download makes them again').helpGroup(
        'Proof:',
      ),
    )
    .action(async (output: string, options: VerifyFlags, command: Command) =>
      actions.verify(output, options, flagsLayer(command)),
    );
  addFlags(verify, ['inputFormat', 'decoders', 'json']);

  const doctor = program
    .command('doctor')
    .description('Tell whether this machine is fit for a run: name servers, limits, disk, memory, decoders')
    .action(async (_options, command: Command) => actions.doctor(flagsLayer(command)));
  addFlags(doctor, DOCTOR_OPTIONS);

  for (const command of program.commands) command.optionsGroup('Help:').configureHelp(helpStyle);
  // The help of the program is that of its default command, with the other commands beside it.
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
