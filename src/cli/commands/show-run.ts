import type { Options } from '../../config/resolve.ts';
import type { ExitCode } from '../../core/errors.ts';
import type { TableStyle } from '../../report/cause-table.ts';
import { type RunMetrics, startMetrics } from '../../report/metrics/start-metrics.ts';
import { type Progress, silentProgress, startJsonLines, startScreen } from '../../report/progress.ts';
import { choosePaint } from '../../report/screen/paint.ts';
import type { Key } from '../../report/screen/terminal.ts';
import type { RunCounts } from '../../run/download/run-counts.ts';
import type { RunListener } from '../../run/engine/events.ts';
import { PauseSwitch } from '../../util/pause-switch.ts';
import { tuneCollector } from '../../util/tune-collector.ts';
import { printNotice } from './run-command.ts';
import { interruptible } from './running/interrupt.ts';
import { createLogger, startEventLog } from './running/logger.ts';

/** What a run receives: a listener for its events, and what stops and pauses it. */
interface RunHooks {
  readonly emit: RunListener;
  readonly signal: AbortSignal;
  readonly pauses: PauseSwitch;
  /** Whether the number of rows is worth a second look at the index: somebody watches. */
  readonly countsRows: boolean;
  /** Called with the counts of the run, which go on changing, before its first row. */
  readonly onCounts: (counts: RunCounts) => void;
}

/**
 * Runs a job with its log and its progress. `hasKeyboard`: whether standard input may be a keyboard. `exitCode` is that
 * of a signal; null if none arrived.
 */
export async function showRun<Summary>(
  options: Options,
  hasKeyboard: boolean,
  run: (hooks: RunHooks) => Promise<Summary>,
): Promise<{ readonly summary: Summary; readonly exitCode: ExitCode | null }> {
  tuneCollector();
  const logLevel = options.quiet && options.logLevel === 'warn' ? 'error' : options.logLevel;
  const log = startEventLog(createLogger({ ...options, logLevel }, () => progress.clear()));
  const pauses = new PauseSwitch();
  const interrupt = interruptible((signal) => {
    const how = signal === 'SIGINT' ? 'press Ctrl-C again' : 'send it again';
    progress.clear();
    if (!options.quiet) printNotice(`${signal}: finishing what is in flight; ${how} to quit at once`);
    progress.setPhase('stopping');
  });
  const onKey = (key: Key): void => {
    if (key === 'interrupt') interrupt.raise('SIGINT');
    else if (interrupt.exitCode !== null) return;
    else if (key === 'quit') interrupt.raise('SIGINT');
    else {
      pauses.toggle();
      progress.setPhase(pauses.isPaused ? 'paused' : 'running');
    }
  };
  const progress = startProgress(options, hasKeyboard, onKey);
  let metrics: RunMetrics | null = null;
  const emit: RunListener = (event) => {
    if (event.type === 'started') interrupt.begin();
    progress.take(event);
    metrics?.take(event);
    log(event);
  };
  try {
    metrics = await startMetrics({
      address: options.metrics,
      environment: process.env,
      warn: (message) => log({ type: 'notice', message }),
    });
    // Nobody knows a port that was chosen just now.
    if (options.metrics?.endsWith(':0') && !options.quiet) printNotice(`metrics are at ${metrics?.url}`);
    const summary = await run({
      emit,
      signal: interrupt.signal,
      pauses,
      countsRows: progress !== silentProgress || metrics !== null,
      onCounts: (counts) => metrics?.watch(counts),
    });
    return { summary, exitCode: interrupt.exitCode };
  } finally {
    progress.stop();
    await metrics?.stop();
    interrupt.dispose();
  }
}

const MIN_WIDTH = 60;
/** Where standard error is no terminal, and the most that reads well on one. */
const [DEFAULT_WIDTH, MAX_WIDTH] = [80, 120];

/** How the result of a run is shown on standard error. */
export function resultStyle(): TableStyle {
  const { stderr, env } = process;
  const width = Math.max(MIN_WIDTH, Math.min(stderr.columns || DEFAULT_WIDTH, MAX_WIDTH));
  return { width, paint: choosePaint(stderr, env) };
}

function startProgress(
  { progress, json, quiet }: Options,
  hasKeyboard: boolean,
  onKey: (key: Key) => void,
): Progress {
  const { stderr, stdin, env } = process;
  const isLive = stderr.isTTY && env['TERM'] !== 'dumb';
  if (progress === 'bar' || (progress === 'auto' && !json && !quiet && isLive)) {
    return startScreen({ stream: stderr, keyboard: hasKeyboard ? stdin : null, onKey, environment: env });
  }
  return progress === 'json' ? startJsonLines((line) => stderr.write(line)) : silentProgress;
}
