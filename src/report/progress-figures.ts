import type { FailureCode } from '../core/failures.ts';
import type { RunEvent } from '../run/engine/events.ts';
import { Tally } from '../run/engine/tally.ts';

/** Rates cover only the last seconds, so that a stall is visible. */
const RATE_WINDOW_MS = 10_000;

interface Moment {
  readonly at: number;
  readonly rows: number;
  readonly successes: number;
  readonly bytes: number;
}

/** What a progress display shows, derived from the events of a run. */
export interface ProgressSnapshot {
  /** Rows with an outcome, those of earlier starts included. */
  readonly rows: number;
  readonly totalRows: number | null;
  /** Share of successes among the rows of this start; null before the first. */
  readonly successRatio: number | null;
  readonly imagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Null while it cannot be estimated. */
  readonly secondsLeft: number | null;
  readonly commonestFailures: readonly (readonly [FailureCode, number])[];
  readonly shardsWritten: number;
  /** Rows that wait for a later attempt, or for a host with a rate limit. */
  readonly delayedRows: number;
  readonly seconds: number;
}

export class ProgressFigures {
  readonly #tally = new Tally();
  readonly #startedAt: number;
  #moments: Moment[] = [];
  #totalRows: number | null = null;
  #rowsDone = 0;
  #shards = 0;
  #delayed = 0;
  #slow = { rows: 0, ms: 0 };

  /** `now` in milliseconds, here and in `snapshot`. */
  constructor(now: number) {
    this.#startedAt = now;
  }

  take(event: RunEvent): void {
    if (event.type === 'sample') this.#tally.add(event.outcome, event.bytes);
    else if (event.type === 'taken-over') this.#rowsDone += 1;
    else if (event.type === 'shard') this.#shards += 1;
    else if (event.type === 'waiting') {
      this.#delayed = event.delayed;
      this.#slow = { rows: event.slow, ms: event.slowMs };
    } else if (event.type === 'started') {
      this.#totalRows = event.rows;
      this.#rowsDone = event.rowsDone;
    }
  }

  snapshot(now: number): ProgressSnapshot {
    const { rows, successes, bytes } = this.#tally;
    this.#moments.push({ at: now, rows, successes, bytes });
    while ((this.#moments[1]?.at ?? now) < now - RATE_WINDOW_MS) this.#moments.shift();
    const since = this.#moments.length > 1 ? this.#moments[0] : undefined;
    const base = since ?? { at: this.#startedAt, rows: 0, successes: 0, bytes: 0 };
    const seconds = Math.max(0.001, (now - base.at) / 1000);
    const rowsPerSecond = (rows - base.rows) / seconds;
    const left = this.#totalRows === null ? null : this.#totalRows - this.#rowsDone - rows;
    return {
      rows: this.#rowsDone + rows,
      totalRows: this.#totalRows,
      successRatio: rows === 0 ? null : successes / rows,
      imagesPerSecond: (successes - base.successes) / seconds,
      bytesPerSecond: (bytes - base.bytes) / seconds,
      secondsLeft: left === null ? null : this.#secondsLeft(left, rowsPerSecond),
      commonestFailures: this.#tally.commonest().slice(0, 3),
      shardsWritten: this.#shards,
      delayedRows: this.#delayed,
      seconds: (now - this.#startedAt) / 1000,
    };
  }

  /** The rate says nothing about rows that time holds back; these are over when the last of them is. */
  #secondsLeft(left: number, rowsPerSecond: number): number | null {
    const others = Math.max(0, left - this.#slow.rows);
    if (left === 0) return 0;
    if (others > 0 && rowsPerSecond <= 0) return null;
    return Math.max(others === 0 ? 0 : others / rowsPerSecond, this.#slow.ms / 1000);
  }
}
