import type { FailureCode } from '../../core/failures.ts';
import type { RunEvent } from '../../run/engine/events.ts';
import { Tally } from '../../run/engine/tally.ts';

/** Rates cover only the last seconds, so that a stall is visible. */
const RATE_WINDOW_MS = 10_000;
/** Before that, a rate says nothing. */
const LEAST_OUTLOOK_MS = 2_000;
/** The time left follows from the rate of a longer time, so that it does not jump with every burst. */
const OUTLOOK_WINDOW_MS = 60_000;

interface Moment {
  readonly at: number;
  readonly rows: number;
  readonly successes: number;
  readonly bytes: number;
}

/** Rows that a run has to settle. `about`: an estimate; `so-far`: the rows read, while the index goes on. */
export interface Total {
  readonly rows: number;
  readonly kind: 'exact' | 'about' | 'so-far';
}

/** How busy a run is. */
export interface Load {
  /** Rows that are being fetched, decoded or stored. */
  readonly inFlight: number;
  /** Rows that wait for a free connection, for a later attempt or for a host with a rate limit. */
  readonly waiting: number;
  readonly decodersBusy: number;
  readonly decoders: number;
}

/** What a progress display shows, derived from the events of a run. */
export interface ProgressSnapshot {
  /** False until the index is open. */
  readonly isStarted: boolean;
  /** Rows with an outcome, those of earlier starts included. */
  readonly rows: number;
  /** Null until the first row is read. */
  readonly total: Total | null;
  /** Images and bytes that this start received. */
  readonly images: number;
  readonly bytes: number;
  /** Share of successes among the rows of this start; null before the first. */
  readonly successRatio: number | null;
  readonly rowsPerSecond: number;
  readonly imagesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Null while it cannot be estimated. */
  readonly secondsLeft: number | null;
  /** Failures of this start with their counts, most frequent first. */
  readonly failures: readonly (readonly [FailureCode, number])[];
  readonly shardsWritten: number;
  /** Rows that wait for a later attempt, or for a host with a rate limit. */
  readonly delayedRows: number;
  readonly load: Load;
  readonly seconds: number;
}

export class ProgressFigures {
  readonly #tally = new Tally();
  readonly #startedAt: number;
  #moments: Moment[] = [];
  #isStarted = false;
  /** When rows could begin to have outcomes. */
  #openedAt: number;
  #total: Total | null = null;
  /** Rows that have been read and have no outcome. */
  #unsettled = 0;
  #rowsDone = 0;
  #shards = 0;
  #delayed = 0;
  #slow = { rows: 0, ms: 0 };
  #load: Load = { inFlight: 0, waiting: 0, decodersBusy: 0, decoders: 0 };

  /** `now` in milliseconds, here and in `snapshot`. */
  constructor(now: number) {
    this.#startedAt = now;
    this.#openedAt = now;
  }

  take(event: RunEvent): void {
    if (event.type === 'sample') this.#tally.add(event.outcome, event.bytes);
    else if (event.type === 'taken-over') this.#rowsDone += 1;
    else if (event.type === 'shard') this.#shards += 1;
    else if (event.type === 'waiting') {
      const { inFlight, queued, delayed, decodersBusy, decoders } = event;
      this.#delayed = delayed;
      this.#unsettled = event.unsettled;
      this.#slow = { rows: event.slow, ms: event.slowMs };
      this.#load = { inFlight, waiting: queued + delayed, decodersBusy, decoders };
    } else if (event.type === 'total') this.#total = { rows: event.rows, kind: event.kind };
    else if (event.type === 'started') {
      this.#isStarted = true;
      this.#total = event.rows === null ? null : { rows: event.rows, kind: 'exact' };
      this.#rowsDone = event.rowsDone;
    }
  }

  snapshot(now: number): ProgressSnapshot {
    const { rows, successes, bytes } = this.#tally;
    if (!this.#isStarted) this.#openedAt = now;
    this.#moments.push({ at: now, rows, successes, bytes });
    while ((this.#moments[1]?.at ?? now) < now - OUTLOOK_WINDOW_MS) this.#moments.shift();
    const base = this.#since(now - RATE_WINDOW_MS);
    const seconds = Math.max(0.001, (now - base.at) / 1000);
    return {
      isStarted: this.#isStarted,
      rows: this.#rowsDone + rows,
      total: this.#total ?? this.#readSoFar(rows),
      images: successes,
      bytes,
      successRatio: rows === 0 ? null : successes / rows,
      rowsPerSecond: (rows - base.rows) / seconds,
      imagesPerSecond: (successes - base.successes) / seconds,
      bytesPerSecond: (bytes - base.bytes) / seconds,
      secondsLeft: this.#secondsLeft(rows, now, rows > base.rows),
      failures: this.#tally.commonest(),
      shardsWritten: this.#shards,
      delayedRows: this.#delayed,
      load: this.#loadOf(rows),
      seconds: (now - this.#startedAt) / 1000,
    };
  }

  /** The figures at the last moment that is not later; those of the start if there is none. */
  #since(moment: number): Moment {
    const start = { at: this.#openedAt, rows: 0, successes: 0, bytes: 0 };
    return moment <= this.#openedAt ? start : (this.#moments.findLast(({ at }) => at <= moment) ?? start);
  }

  #readSoFar(rows: number): Total | null {
    const read = this.#rowsDone + rows + this.#unsettled;
    return read === 0 ? null : { rows: read, kind: 'so-far' };
  }

  /** The load is a second old, perhaps from before the last rows ended. */
  #loadOf(rows: number): Load {
    const left = this.#total?.kind === 'exact' ? this.#rowsLeft(this.#total, rows) : Number.POSITIVE_INFINITY;
    const inFlight = Math.min(this.#load.inFlight, left);
    return { ...this.#load, inFlight, waiting: Math.min(this.#load.waiting, left - inFlight) };
  }

  #rowsLeft(total: Total, rows: number): number {
    return Math.max(0, total.rows - this.#rowsDone - rows);
  }

  /** The rate says nothing about rows that time holds back; these are over when the last of them is. */
  #secondsLeft(rows: number, now: number, isMoving: boolean): number | null {
    if (this.#total === null) return null;
    const left = this.#rowsLeft(this.#total, rows);
    if (left === 0) return 0;
    const others = Math.max(0, left - this.#slow.rows);
    if (others > 0 && (!isMoving || now - this.#openedAt < LEAST_OUTLOOK_MS)) return null;
    const base = this.#since(now - OUTLOOK_WINDOW_MS);
    const rowsPerSecond = (rows - base.rows) / Math.max(0.001, (now - base.at) / 1000);
    return Math.max(others === 0 ? 0 : others / rowsPerSecond, this.#slow.ms / 1000);
  }
}
