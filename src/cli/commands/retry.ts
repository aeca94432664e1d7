import { failureClasses } from '../../config/failure-classes.ts';
import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { retryJson, retryText } from '../../report/retry.ts';
import { resultStyle, showRun } from './show-run.ts';

/** `laion-fetch retry <output>`: the run, its display and its exit code. `classes` is the value of `--class`. */
export async function runRetry(
  options: Options,
  output: string,
  classes: string | undefined,
): Promise<ExitCode> {
  const codes = failureClasses(classes);
  const { summary, exitCode } = await showRun(options, true, async (hooks) => {
    const { retry } = await import('../../run/retry.ts');
    return retry({ options, output, codes, ...hooks });
  });
  if (options.json) process.stdout.write(`${retryJson(summary)}\n`);
  else if (!options.quiet) process.stderr.write(`${retryText(summary, resultStyle())}\n`);
  if (exitCode !== null) return exitCode;
  return summary.now.successRatio < options.failUnder ? EXIT.incomplete : EXIT.done;
}
