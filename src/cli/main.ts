import { existsSync } from 'node:fs';
import type { Layer } from '../config/layer.ts';
import { translateArgv } from '../config/legacy/translate-argv.ts';
import { loadOptions, type ResolvedOptions } from '../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../core/errors.ts';
import { nearest } from '../util/text/nearest.ts';
import { printNotice, runCommand } from './commands/run-command.ts';
import { createProgram } from './program.ts';

/**
 * Runs the command line and returns its exit code. Commands are loaded on demand, so that help and usage errors appear
 * quickly.
 */
export function main(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  return runCommand(async () => {
    let exitCode: ExitCode = EXIT.done;
    const { argv: translated, img2datasetFlag, notices } = translateArgv(argv);
    const loadAsMeant = async (flags: Layer): Promise<ResolvedOptions> => {
      const resolved = await loadOptions(flags, environment, img2datasetDefaults(img2datasetFlag));
      if (img2datasetFlag !== null && resolved.presetOrigin === img2datasetFlag) {
        printNotice(`${img2datasetFlag}: ${IMG2DATASET_NOTICE}`);
      }
      return resolved;
    };
    const program = createProgram({
      download: async (patterns, flags) => {
        refuseMistypedCommand(
          patterns,
          program.commands.map((command) => command.name()),
        );
        const { options, output } = await loadAsMeant(flags);
        if (output === null)
          throw usageError('expected --output <dir>, the folder for the dataset, got none');
        const { runDownload } = await import('./commands/download.ts');
        exitCode = await runDownload(options, patterns, output);
      },
      plan: async (patterns, flags) => {
        const { options } = await loadAsMeant(flags);
        const { runPlan } = await import('./commands/plan.ts');
        exitCode = await runPlan(options, patterns);
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
      adopt: async (words, flags) => {
        const { runAdopt } = await import('./commands/adopt.ts');
        exitCode = await runAdopt(words, flags, environment);
      },
      doctor: async (flags) => {
        const { options, output } = await loadOptions(flags, environment);
        const { runDoctor } = await import('./commands/doctor.ts');
        exitCode = await runDoctor({ options, output, environment });
      },
    });
    for (const notice of notices) printNotice(notice);
    await program.parseAsync(translated, { from: 'user' });
    return exitCode;
  });
}

const IMG2DATASET_NOTICE =
  "read as an img2dataset command line, with img2dataset's defaults for options it leaves out (256 pixels, white border, " +
  "upscaling, files, no captions); --preset none uses laion-fetch's";

/** The preset for a command line in img2dataset's spelling, recognized by `flag`; empty for one in our spelling. */
function img2datasetDefaults(flag: string | null): Layer {
  return new Map(flag === null ? [] : [['preset', { text: 'img2dataset', origin: flag }]]);
}

/** The first word of the line may be an index or a mistyped command. If a file has that name, it is an index. */
function refuseMistypedCommand([first = '']: readonly string[], commands: readonly string[]): void {
  const near = nearest(first, commands);
  if (near && !existsSync(first)) {
    throw usageError(`'${first}' is neither a file nor a command; did you mean laion-fetch ${near}?`);
  }
}
