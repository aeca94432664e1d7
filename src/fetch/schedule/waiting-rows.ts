import { Heap } from '../../util/heap.ts';
import type { QueuedRow } from './host-queue.ts';

/** The rows of one host that wait for a place, in the order of the index; those that ask for rules before the others. */
export class WaitingRows<T extends QueuedRow> {
  readonly #asking = new Heap<T>();
  readonly #untried = new Heap<T>();
  /** Rows that have failed before, and may well fail again. */
  readonly #failed = new Heap<T>();

  get size(): number {
    return this.#asking.size + this.#untried.size + this.#failed.size;
  }

  /** The order of the oldest row, or undefined if there is none. */
  get leastOrder(): number | undefined {
    if (this.hasAsking) return this.#asking.leastKey;
    const { leastKey: untried } = this.#untried;
    const { leastKey: failed } = this.#failed;
    return untried === undefined || failed === undefined ? (untried ?? failed) : Math.min(untried, failed);
  }

  get items(): readonly T[] {
    return [...this.#asking.items, ...this.#untried.items, ...this.#failed.items];
  }

  /** Whether a row waits that asks for rules. */
  get hasAsking(): boolean {
    return this.#asking.size > 0;
  }

  push(row: T): void {
    const rows = row.asks ? this.#asking : hasFailed(row) ? this.#failed : this.#untried;
    rows.push(row.order, row);
  }

  /** Removes the rows that do not stay; returns how many there were. */
  filter(stays: (row: T) => boolean): number {
    const all = this.items;
    for (const heap of [this.#asking, this.#untried, this.#failed]) heap.clear();
    const staying = all.filter(stays);
    for (const row of staying) this.push(row);
    return all.length - staying.length;
  }

  /** Removes and returns a row that asks, else the oldest row. */
  pop(): T | undefined {
    if (this.hasAsking) return this.#asking.pop();
    const { leastKey: untried = Number.POSITIVE_INFINITY } = this.#untried;
    const { leastKey: failed = Number.POSITIVE_INFINITY } = this.#failed;
    return (failed < untried ? this.#failed : this.#untried).pop();
  }

  /** Removes and returns an untried row from about this place in their order (0 to 1), or undefined if there is none. */
  popUntried(place: number): T | undefined {
    return this.#untried.popNear(place);
  }
}

/** Whether a row has been asked for before. */
export const hasFailed = ({ attempts = 0 }: QueuedRow): boolean => attempts > 0;
