import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode } from '../../core/errors.ts';
import { datasetTally, summaryJson, summaryText } from '../../report/summary.ts';
import { resultStyle, showRun } from './show-run.ts';

/** `laion-fetch <index...> --output <dir>`: the run, its display and its exit code. */
export async function runDownload(
  options: Options,
  patterns: readonly string[],
  output: string,
): Promise<ExitCode> {
  const { summary, exitCode } = await showRun(options, !patterns.includes('-'), async (hooks) => {
    // Loaded when the screen already says that the index is being read.
    const { download } = await import('../../run/download.ts');
    return download({ options, patterns, output, ...hooks });
  });
  if (options.json) process.stdout.write(`${summaryJson(summary)}\n`);
  else process.stderr.write(`${summaryText(summary, resultStyle())}\n`);
  if (exitCode !== null) return exitCode;
  return datasetTally(summary).successRatio < options.failUnder ? EXIT.incomplete : EXIT.done;
}
