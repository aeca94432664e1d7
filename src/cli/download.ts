import type { Options } from '../config/resolve.ts';
import { EXIT, type ExitCode } from '../core/errors.ts';
import { type Progress, silentProgress, startBar, startJsonLines } from '../report/progress.ts';
import { datasetTally, summaryJson, summaryText } from '../report/summary.ts';
import { download } from '../run/download.ts';
import { interruptible } from './interrupt.ts';
import { createLogger, startEventLog } from './logger.ts';

/** `laion-fetch <index...> --output <dir>`: the run, its display and its exit code. */
export async function runDownload(
  options: Options,
  patterns: readonly string[],
  output: string,
): Promise<ExitCode> {
  const log = startEventLog(createLogger(options));
  const progress = startProgress(options);
  const interrupt = interruptible((signal) => {
    progress.clear();
    process.stderr.write(`laion-fetch: ${signal}: finishing what is in flight; once more leaves at once\n`);
  });
  try {
    const run = download({
      options,
      patterns,
      output,
      signal: interrupt.signal,
      emit: (event) => {
        if (event.type === 'started') interrupt.begin();
        progress.take(event);
        if (event.type !== 'sample' && event.type !== 'waiting') progress.clear();
        log(event);
      },
    });
    const summary = await run.finally(() => progress.stop());
    if (options.json) process.stdout.write(`${summaryJson(summary)}\n`);
    else process.stderr.write(`${summaryText(summary)}\n`);
    if (interrupt.exitCode !== null) return interrupt.exitCode;
    return datasetTally(summary).successRatio < options.failUnder ? EXIT.incomplete : EXIT.done;
  } finally {
    interrupt.dispose();
  }
}

function startProgress({ progress, json }: Options): Progress {
  const bar = progress === 'bar' || (progress === 'auto' && !json && process.stderr.isTTY);
  if (bar) return startBar(process.stderr);
  return progress === 'json' ? startJsonLines((line) => process.stderr.write(line)) : silentProgress;
}
