import type { RunEvent } from '../run/engine/events.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { ProgressFigures } from './progress-figures.ts';
import { progressLine } from './progress-line.ts';

/** Listens to a run and shows its progress until stopped. */
export interface Progress {
  take(event: RunEvent): void;
  /** Clears the line, so that something else can be printed. The next tick draws it again. */
  clear(): void;
  stop(): void;
}

const BAR_EVERY_MS = 200;
const JSON_EVERY_MS = 10_000;
const CLEAR_LINE = '\r\u001b[2K';

/** A line that rewrites itself, for terminals. */
export function startBar(stream: NodeJS.WriteStream): Progress {
  const figures = new ProgressFigures(performance.now());
  const clear = (): void => void stream.write(CLEAR_LINE);
  const draw = (): void => {
    // One column stays free: some terminals wrap a line that fills the last.
    stream.write(CLEAR_LINE + progressLine(figures.snapshot(performance.now()), (stream.columns ?? 80) - 1));
  };
  const timer = setInterval(draw, BAR_EVERY_MS);
  return {
    take: (event) => figures.take(event),
    clear,
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}

/** A line of JSON every ten seconds and one at the end, for logs and other programs. */
export function startJsonLines(write: (line: string) => void): Progress {
  const figures = new ProgressFigures(performance.now());
  const print = (): void => write(`${progressJson(figures)}\n`);
  const timer = setInterval(print, JSON_EVERY_MS);
  return {
    take: (event) => figures.take(event),
    clear: () => undefined,
    stop: () => {
      clearInterval(timer);
      print();
    },
  };
}

function progressJson(figures: ProgressFigures): string {
  const snapshot = figures.snapshot(performance.now());
  return terminalJson({
    type: 'progress',
    time: new Date().toISOString(),
    seconds: round(snapshot.seconds),
    rows: snapshot.rows,
    total_rows: snapshot.totalRows,
    success_ratio: snapshot.successRatio === null ? null : round(snapshot.successRatio, 4),
    images_per_second: round(snapshot.imagesPerSecond),
    bytes_per_second: Math.round(snapshot.bytesPerSecond),
    seconds_left: snapshot.secondsLeft === null ? null : Math.round(snapshot.secondsLeft),
    delayed_rows: snapshot.delayedRows,
    shards_written: snapshot.shardsWritten,
    commonest_failures: Object.fromEntries(snapshot.commonestFailures),
  });
}

const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

/** Shows nothing. */
export const silentProgress: Progress = {
  take: () => undefined,
  clear: () => undefined,
  stop: () => undefined,
};
