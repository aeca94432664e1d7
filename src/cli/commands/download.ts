import type { Options } from '../../config/resolve.ts';
import { EXIT, type ExitCode, usageError } from '../../core/errors.ts';
import { datasetTally, summaryJson, summaryText } from '../../report/summary.ts';
import type { RunSummary } from '../../run/download.ts';
import { plural } from '../../util/text/units.ts';
import { reportToGithub } from './github.ts';
import { printError, printNotice } from './run-command.ts';
import { resultStyle, showRun } from './show-run.ts';
import { judge, type Verdict } from './verdict.ts';

const STANDARD_OUTPUT = '-';

/** `laion-fetch <index...> --output <dir>`: the run, its display and its exit code. */
export async function runDownload(
  options: Options,
  patterns: readonly string[],
  output: string,
): Promise<ExitCode> {
  if (output === STANDARD_OUTPUT) tellStreaming(options);
  const { summary, exitCode: signalled } = await showRun(options, !patterns.includes('-'), async (hooks) => {
    // Loaded when the screen already says that the index is being read.
    if (output === STANDARD_OUTPUT) {
      const { streamDownload } = await import('../../run/stream-download.ts');
      return streamDownload({ options, patterns, ...hooks }, process.stdout.fd);
    }
    const { download } = await import('../../run/download.ts');
    return download({ options, patterns, output, ...hooks });
  });
  const { exitCode, message } =
    signalled === null ? judgeRun(summary, options) : { exitCode: signalled, message: null };
  const error = exitCode === EXIT.done || message === null ? null : { message, exit_code: exitCode };
  if (options.json) process.stdout.write(`${summaryJson(summary, error)}\n`);
  else if (!options.quiet) process.stderr.write(`${summaryText(summary, resultStyle())}\n`);
  if (error !== null) printError(error.message, exitCode);
  else if (message !== null) printNotice(message);
  await reportToGithub(summary);
  return exitCode;
}

/** A machine that shares a run may have got no row of it. */
function judgeRun(summary: RunSummary, options: Options): Verdict {
  const { setAside } = summary;
  if (setAside.length > 0) {
    const what = `${plural(setAside.length, 'shard')} (${setAside.slice(0, 10).join(', ')}${setAside.length > 10 ? ', ...' : ''})`;
    const why = 'each has ended five machines that worked on it; look at their logs and memory';
    return { exitCode: EXIT.bug, message: `Cannot finish ${what}: ${why}; the same command tries again` };
  }
  const isShared = options.part !== null || options.queue !== null;
  return judge(datasetTally(summary), { ...options, allowEmpty: options.allowEmpty || isShared });
}

function tellStreaming({ quiet }: Options): void {
  if (process.stdout.isTTY) {
    throw usageError(
      '--output -: expected a pipe or a file as standard output, found a terminal; name a folder, or add | tar t',
    );
  }
  if (quiet) return;
  printNotice(
    '--output -: one tar goes to standard output; it cannot be resumed, retried or verified, and failed rows are counted but not stored',
  );
}
