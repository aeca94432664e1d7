import { READ_AHEAD_ROWS } from '../../fetch/schedule/frontier-options.ts';
import { Pressure } from '../../util/pressure.ts';

/** Maximum rows between index and outcome, including those that wait for another attempt. */
const MAX_UNSETTLED_ROWS = 32_768;
/** Maximum bytes that the values of these rows may take: a single row may have hundreds of KiB. */
const MAX_UNSETTLED_BYTES = 128 * 1024 * 1024;
/** Maximum shards with unsettled rows. Each keeps a file open, and a retry may have a row or two in each of thousands. */
const MAX_OPEN_SHARDS = 256;
/** Maximum settled shards that may wait to be written. */
const MAX_UNWRITTEN_SHARDS = 2;
/** Maximum written shards that may wait for a commit with others, where a store is to be written to rarely. */
const MAX_UNCOMMITTED_SHARDS = 16;

/** What holds the index reader back; `queue`: enough rows already wait for a free connection. */
export type BacklogSignal = 'rows' | 'bytes' | 'queue' | 'openShards' | 'unwrittenShards';

/**
 * Back-pressure on the index reader: bounds what lies between the index and the finished shards, in rows, bytes and
 * shards.
 */
export class Backlog {
  /** Shards with unsettled rows. */
  openShards = 0;
  /** Settled shards that are not written yet. */
  unwrittenShards = 0;
  /** Written shards that are not committed yet. */
  uncommittedShards = 0;
  readonly #queuedRows: () => number;
  readonly #pressure: Pressure<BacklogSignal>;
  #rows = 0;
  #bytes = 0;
  #isReleased = false;
  #resume: (() => void) | undefined;

  /** `queuedRows`: rows that wait for a free connection. */
  constructor(queuedRows: () => number) {
    this.#queuedRows = queuedRows;
    this.#pressure = new Pressure((isHigh) => {
      if (!isHigh) this.#wake();
    });
  }

  /** Rows without an outcome. */
  get rows(): number {
    return this.#rows;
  }

  /** What holds the reader back at the moment. */
  get signals(): readonly BacklogSignal[] {
    this.update();
    return this.#pressure.signals;
  }

  /** Whether the reader should wait for `room`. */
  get isHigh(): boolean {
    this.update();
    return this.#pressure.isHigh;
  }

  /** Whether the reader waits for rows to be settled or shards to end, not for free connections or the disk. */
  get isFull(): boolean {
    const full: readonly BacklogSignal[] = ['rows', 'bytes', 'openShards'];
    return this.signals.some((signal) => full.includes(signal));
  }

  /** Counts a row as unsettled; `bytes`: the size of its values. */
  add(bytes: number): void {
    this.#rows += 1;
    this.#bytes += bytes;
  }

  /** Counts a row as settled. */
  remove(bytes: number): void {
    this.#rows -= 1;
    this.#bytes -= bytes;
    this.update();
  }

  /** Resolves when nothing holds the reader back, or after `release`. */
  async room(): Promise<void> {
    if (this.#isReleased || !this.isHigh) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Compares all counts with their limits. To be called after any of them has changed. */
  update(): void {
    this.#pressure.set('rows', this.#rows >= MAX_UNSETTLED_ROWS);
    this.#pressure.set('bytes', this.#bytes >= MAX_UNSETTLED_BYTES);
    this.#pressure.set('queue', this.#queuedRows() >= READ_AHEAD_ROWS);
    this.#pressure.set('openShards', this.openShards > MAX_OPEN_SHARDS);
    const waiting = this.uncommittedShards >= MAX_UNCOMMITTED_SHARDS;
    this.#pressure.set('unwrittenShards', this.unwrittenShards > MAX_UNWRITTEN_SHARDS || waiting);
  }

  /** Lets the reader go on for good: the run is being halted. */
  release(): void {
    this.#isReleased = true;
    this.#wake();
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}
