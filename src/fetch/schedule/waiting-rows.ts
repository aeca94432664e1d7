import { Heap } from '../../util/heap.ts';
import type { QueuedRow } from './host-queue.ts';

/** The rows of one host that wait for a place, in the order of the index. */
export class WaitingRows<T extends QueuedRow> {
  readonly #untried = new Heap<T>();
  /** Rows that have failed before, and may well fail again. */
  readonly #failed = new Heap<T>();

  get size(): number {
    return this.#untried.size + this.#failed.size;
  }

  /** The order of the oldest row, or undefined if there is none. */
  get leastOrder(): number | undefined {
    const { leastKey: untried } = this.#untried;
    const { leastKey: failed } = this.#failed;
    return untried === undefined || failed === undefined ? (untried ?? failed) : Math.min(untried, failed);
  }

  get items(): readonly T[] {
    return [...this.#untried.items, ...this.#failed.items];
  }

  push(row: T): void {
    (hasFailed(row) ? this.#failed : this.#untried).push(row.order, row);
  }

  /** Removes and returns the oldest row. */
  pop(): T | undefined {
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
