import type { ReadStream, WriteStream } from 'node:tty';
import type { RunEvent } from '../run/engine/events.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { ProgressFigures } from './screen/figures.ts';
import { type Phase, screenLines } from './screen/lines.ts';
import { choosePaint } from './screen/paint.ts';
import { type Key, openTerminal } from './screen/terminal.ts';

/** Listens to a run and shows its progress until stopped. */
export interface Progress {
  take(event: RunEvent): void;
  /** Shows at once that the run pauses, goes on or ends. */
  setPhase(phase: Phase): void;
  /** Clears the lines, so that something else can be printed. The next tick draws them again. */
  clear(): void;
  stop(): void;
}

const DRAW_EVERY_MS = 200;
const JSON_EVERY_MS = 10_000;

export interface ScreenOptions {
  readonly stream: WriteStream;
  /** Where keys come from; null if standard input has another use. */
  readonly keyboard: ReadStream | null;
  readonly onKey: (key: Key) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Lines that rewrite themselves, for terminals. The first appears at once. */
export function startScreen({ stream, keyboard, onKey, environment }: ScreenOptions): Progress {
  const figures = new ProgressFigures(performance.now());
  const paint = choosePaint(stream, environment);
  const terminal = openTerminal(stream, keyboard, onKey);
  let phase: Phase = 'running';
  const draw = (): void => {
    const snapshot = figures.snapshot(performance.now());
    const state = { phase, figures: snapshot, hasKeys: terminal.hasKeys };
    terminal.draw(screenLines(state, terminal.columns, paint));
  };
  draw();
  const timer = setInterval(draw, DRAW_EVERY_MS);
  return {
    take: (event) => figures.take(event),
    setPhase: (next) => {
      phase = next;
      draw();
    },
    clear: terminal.clear,
    stop: () => {
      clearInterval(timer);
      terminal.close();
    },
  };
}

/** A line of JSON every ten seconds and one at the end, for logs and other programs. */
export function startJsonLines(write: (line: string) => void): Progress {
  const figures = new ProgressFigures(performance.now());
  const print = (): void => write(`${progressJson(figures)}\n`);
  const timer = setInterval(print, JSON_EVERY_MS);
  return {
    ...silentProgress,
    take: (event) => figures.take(event),
    stop: () => {
      clearInterval(timer);
      print();
    },
  };
}

function progressJson(figures: ProgressFigures): string {
  const snapshot = figures.snapshot(performance.now());
  const { total, load } = snapshot;
  return terminalJson({
    type: 'progress',
    time: new Date().toISOString(),
    seconds: round(snapshot.seconds),
    rows: snapshot.rows,
    total_rows: total === null || total.kind === 'so-far' ? null : total.rows,
    total_is_exact: total?.kind === 'exact',
    success_ratio: snapshot.successRatio === null ? null : round(snapshot.successRatio, 4),
    rows_per_second: round(snapshot.rowsPerSecond),
    images_per_second: round(snapshot.imagesPerSecond),
    bytes_per_second: Math.round(snapshot.bytesPerSecond),
    seconds_left: snapshot.secondsLeft === null ? null : Math.round(snapshot.secondsLeft),
    delayed_rows: snapshot.delayedRows,
    waiting_rows: load.waiting,
    in_flight: load.inFlight,
    decoders_busy: load.decodersBusy,
    shards_written: snapshot.shardsWritten,
    commonest_failures: Object.fromEntries(snapshot.failures.slice(0, 3)),
  });
}

const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

/** Shows nothing. */
export const silentProgress: Progress = {
  take: () => undefined,
  setPhase: () => undefined,
  clear: () => undefined,
  stop: () => undefined,
};
