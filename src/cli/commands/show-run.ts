import type { Options } from '../../config/resolve.ts';
import type { ExitCode } from '../../core/errors.ts';
import { type Progress, silentProgress, startBar, startJsonLines } from '../../report/progress.ts';
import type { RunEvent, RunListener } from '../../run/engine/events.ts';
import { tuneCollector } from '../../util/tune-collector.ts';
import { interruptible } from './interrupt.ts';
import { createLogger, startEventLog } from './logger.ts';

/** What a run receives: a listener for its events, and a signal that stops it. */
interface RunHooks {
  readonly emit: RunListener;
  readonly signal: AbortSignal;
}

/** Events that occur by the thousand and log nothing at the usual levels. */
const QUIET: ReadonlySet<RunEvent['type']> = new Set(['sample', 'taken-over', 'waiting']);

/** Runs a job with its log and its progress. `exitCode` is that of a signal; null if none arrived. */
export async function showRun<Summary>(
  options: Options,
  run: (hooks: RunHooks) => Promise<Summary>,
): Promise<{ readonly summary: Summary; readonly exitCode: ExitCode | null }> {
  tuneCollector();
  const log = startEventLog(createLogger(options));
  const progress = startProgress(options);
  const interrupt = interruptible((signal) => {
    progress.clear();
    process.stderr.write(
      `laion-fetch: ${signal}: finishing what is in flight; press Ctrl-C again to quit at once\n`,
    );
  });
  const emit: RunListener = (event) => {
    if (event.type === 'started') interrupt.begin();
    progress.take(event);
    if (!QUIET.has(event.type)) progress.clear();
    log(event);
  };
  try {
    const summary = await run({ emit, signal: interrupt.signal });
    return { summary, exitCode: interrupt.exitCode };
  } finally {
    progress.stop();
    interrupt.dispose();
  }
}

function startProgress({ progress, json }: Options): Progress {
  const bar = progress === 'bar' || (progress === 'auto' && !json && process.stderr.isTTY);
  if (bar) return startBar(process.stderr);
  return progress === 'json' ? startJsonLines((line) => process.stderr.write(line)) : silentProgress;
}
