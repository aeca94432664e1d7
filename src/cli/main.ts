import { existsSync } from 'node:fs';
import { type Layer, unknownVariables } from '../config/layer.ts';
import { translateArgv } from '../config/legacy/translate-argv.ts';
import { environmentName, optionSpec } from '../config/options/options.ts';
import { loadOptions, type ResolvedOptions } from '../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../core/errors.ts';
import { nearest } from '../util/text/nearest.ts';
import { printNotice, runCommand } from './commands/run-command.ts';
import { endWith } from './commands/running/end-with.ts';
import { createProgram } from './program.ts';
import { describeCommands } from './shell/command-line.ts';
import { completionScript, SHELLS } from './shell/completion.ts';

/**
 * Runs the command line and returns its exit code. Commands are loaded on demand, so that help and usage errors appear
 * quickly.
 */
export function main(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  const isQuiet = says(argv, 'quiet', environment);
  const tell = isQuiet ? () => {} : printNotice;
  return runCommand(
    async () => {
      let exitCode: ExitCode = EXIT.done;
      const { argv: translated, img2datasetFlag, notices } = translateArgv(argv);
      const loadAsMeant = async (flags: Layer): Promise<ResolvedOptions> => {
        const resolved = await loadOptions(flags, environment, img2datasetDefaults(img2datasetFlag));
        if (img2datasetFlag !== null && resolved.presetOrigin === img2datasetFlag) {
          tell(`${img2datasetFlag}: ${IMG2DATASET_NOTICE}`);
        }
        endWith(resolved.options.endWith);
        return resolved;
      };
      const program = createProgram({
        download: async (patterns, flags) => {
          refuseUnknownCommand(
            patterns,
            program.commands.map((command) => command.name()),
          );
          const { options, output, presetOrigin } = await loadAsMeant(flags);
          if (options.dryRun) {
            const { runPlan } = await import('./commands/plan.ts');
            exitCode = await runPlan(options, patterns);
            return;
          }
          if (output === null)
            throw usageError('expected --output <dir>, the folder for the dataset, got none');
          if (options.distributor !== 'multiprocessing') {
            const { runDistributor } = await import('./commands/distributors/run-distributor.ts');
            exitCode = await runDistributor(options, patterns, { flags, presetOrigin });
            return;
          }
          if (options.beginOnly) {
            const { runBegin } = await import('./commands/distributors/begin.ts');
            exitCode = await runBegin(options, patterns, output);
            return;
          }
          const { runDownload } = await import('./commands/download.ts');
          exitCode = await runDownload(options, patterns, output);
        },
        plan: async (patterns, own, flags) => {
          const { options } = await loadAsMeant(flags);
          const { runPlan } = await import('./commands/plan.ts');
          exitCode = await runPlan(options, patterns, own);
        },
        inspect: async (patterns, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runInspect } = await import('./commands/inspect.ts');
          exitCode = await runInspect(options, patterns);
        },
        retry: async (output, classes, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runRetry } = await import('./commands/retry.ts');
          exitCode = await runRetry(options, output, classes);
        },
        verify: async (output, own, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runVerify } = await import('./commands/verify.ts');
          exitCode = await runVerify(options, output, own);
        },
        report: async (output, own, flags) => {
          // Its --output is the file to write, not the dataset.
          const { options } = await loadOptions(
            new Map([...flags].filter(([key]) => key !== 'output')),
            environment,
          );
          const { runReport } = await import('./commands/report.ts');
          exitCode = await runReport(options, output, own);
        },
        rights: async (output, own, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runRights } = await import('./commands/rights.ts');
          exitCode = await runRights(options, output, own);
        },
        adopt: async (words, flags) => {
          const { runAdopt } = await import('./commands/adopt.ts');
          exitCode = await runAdopt(words, flags, environment);
        },
        merge: async (output, sources, own, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runMerge } = await import('./commands/growing/merge.ts');
          exitCode = await runMerge(options, { output, sources, own, onNotice: tell });
        },
        columns: async (output, own, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runColumns } = await import('./commands/growing/columns.ts');
          exitCode = await runColumns(options, { output, own, onNotice: tell });
        },
        attribution: async (output, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runAttribution } = await import('./commands/growing/attribution.ts');
          exitCode = await runAttribution(options, output);
        },
        recheck: async (output, own, flags) => {
          const { runRecheck } = await import('./commands/growing/recheck.ts');
          exitCode = await runRecheck(flags, environment, { output, own });
        },
        remove: async (output, own, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runRemove } = await import('./commands/growing/remove.ts');
          exitCode = await runRemove(options, output, own);
        },
        doctor: async (flags) => {
          const { options, output } = await loadOptions(flags, environment);
          const { runDoctor } = await import('./commands/doctor.ts');
          exitCode = await runDoctor({ options, output, environment });
        },
        schedule: async (scheduler, { index, own }, flags) => {
          const { printSchedule } = await import('./commands/schedulers/print-schedule.ts');
          printSchedule(scheduler, { patterns: index, own, flags, resolved: await loadAsMeant(flags) });
        },
        queue: async (command, flags) => {
          const { options } = await loadOptions(flags, environment);
          const { runOrder, runStatus } = await import('./commands/schedulers/queue-commands.ts');
          exitCode = await (command === 'status' ? runStatus(options) : runOrder(options, command));
        },
        completion: async (shell) => {
          const known = SHELLS.find((name) => name === shell);
          if (known === undefined)
            throw usageError(`expected a shell, one of ${SHELLS.join(', ')}; got '${shell}'`);
          process.stdout.write(completionScript(known, describeCommands(program)));
        },
      });
      for (const notice of [...unknownVariables(environment), ...notices]) tell(notice);
      await program.parseAsync(translated, { from: 'user' });
      return exitCode;
    },
    says(argv, 'json', environment),
  );
}

/**
 * Whether a flag is set, as far as that can be told before the command line is checked: an error must be printed as the
 * flag asks, whatever the error is.
 */
function says(
  argv: readonly string[],
  flag: 'json' | 'quiet',
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const words = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length);
  const short = optionSpec(flag).short;
  const isShort = (word: string): boolean =>
    short !== undefined && /^-[a-z]+$/i.test(word) && word.includes(short);
  const isOn = (word: string): boolean => word === `--${flag}` || word === `--${flag}=true` || isShort(word);
  const last = words.findLast((word) => isOn(word) || word === `--no-${flag}` || word === `--${flag}=false`);
  if (last !== undefined) return isOn(last);
  return optionSpec(flag).type.parse(environment[environmentName(flag)] ?? '') === true;
}

const IMG2DATASET_NOTICE =
  "read as an img2dataset command line, with img2dataset's defaults for options it leaves out (256 pixels, white border, " +
  "upscaling, files, no captions); --preset none uses laion-fetch's";

/** The preset for a command line in img2dataset's spelling, recognized by `flag`; empty for one in our spelling. */
function img2datasetDefaults(flag: string | null): Layer {
  return new Map(flag === null ? [] : [['preset', { text: 'img2dataset', origin: flag }]]);
}

/** The first word of the line may be an index or an unknown command. If a file has that name, it is an index. */
function refuseUnknownCommand([first = '']: readonly string[], commands: readonly string[]): void {
  if (existsSync(first)) return;
  const near = nearest(first, commands);
  // A name of a file has a dot or a slash, and a glob has a star.
  if (near === null && !/^[a-z][a-z0-9-]*$/i.test(first)) return;
  const hint = near === null ? `commands are ${commands.join(', ')}` : `did you mean laion-fetch ${near}?`;
  throw usageError(`'${first}' is neither a file nor a command; ${hint}`);
}
