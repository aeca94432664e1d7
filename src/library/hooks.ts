import { ProgressFigures } from '../report/screen/figures.ts';
import type { RunEvent, RunListener } from '../run/engine/events.ts';
import type { DownloadEvent, RunHooks } from './events.ts';
import { inCode } from './wording.ts';

interface EngineHooks {
  readonly emit: RunListener;
  readonly signal: AbortSignal;
}

/** Runs a job of the engine with a program's hooks. */
export async function withHooks<Summary>(
  { onEvent, signal }: RunHooks,
  run: (hooks: EngineHooks) => Promise<Summary>,
): Promise<Summary> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  let thrown: { readonly error: unknown } | undefined;
  const tell = (event: DownloadEvent): void => {
    try {
      if (thrown === undefined) onEvent?.(event);
    } catch (error) {
      // Thrown into the engine it would look like a failure of whatever the engine was doing.
      thrown = { error };
      stop.abort();
    }
  };
  const figures = new ProgressFigures(performance.now());
  const tellProgress = (): void => {
    const { total, ...snapshot } = figures.snapshot(performance.now());
    tell({
      type: 'progress',
      rows: snapshot.rows,
      totalRows: total?.kind === 'exact' ? total.rows : null,
      successRatio: snapshot.successRatio,
      imagesPerSecond: snapshot.imagesPerSecond,
      bytesPerSecond: snapshot.bytesPerSecond,
      secondsLeft: snapshot.secondsLeft,
      delayedRows: snapshot.delayedRows,
      shardsWritten: snapshot.shardsWritten,
      seconds: snapshot.seconds,
    });
  };
  let started = false;
  const emit: RunListener = (event) => {
    figures.take(event);
    if (event.type === 'waiting') return tellProgress();
    if (event.type === 'started') started = true;
    const told = publicEvent(event);
    if (told !== null) tell(told);
  };

  if (signal?.aborted) stop.abort();
  signal?.addEventListener('abort', abort);
  try {
    const summary = await run({ emit, signal: stop.signal });
    if (started) tellProgress();
    if (thrown === undefined) return summary;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  throw thrown.error;
}

/** Null for events that concern a single row or the inside of the engine. */
function publicEvent(event: RunEvent): DownloadEvent | null {
  switch (event.type) {
    case 'started': {
      const { type, rows, rowsDone, shardsDone } = event;
      return { type, rows, rowsBefore: rowsDone, shardsBefore: shardsDone };
    }
    case 'shard': {
      const { type, name, count, successes } = event;
      return { type, name, rows: count, successes };
    }
    case 'bad-row':
      return { type: 'unreadable-row', file: event.file, reason: event.reason };
    case 'host': {
      const { host, ...change } = event.event;
      return { type: 'host', host, change };
    }
    case 'notice':
      return { type: 'notice', message: inCode(event.message) };
    default:
      return null;
  }
}
