import { Heap } from '../../util/heap.ts';
import type { Speed } from './host-queue.ts';

/** Rows of unknown hosts that start for each row of a fast host, while both wait. */
const UNKNOWN_PER_FAST = 2;

/** Hosts with a row and a free place, by their oldest row and their speed. */
export class ReadyHosts<T> {
  readonly of: Readonly<Record<Speed, Heap<T>>> = {
    limited: new Heap(),
    fast: new Heap(),
    unknown: new Heap(),
  };
  /** Rows started since the last one of a fast host. */
  #sinceFast = 0;

  /** The list whose turn it is, unless it is empty. */
  next(): Heap<T> {
    const { limited, fast, unknown } = this.of;
    if (limited.leastKey !== undefined) return limited;
    const [first, other] = this.#sinceFast < UNKNOWN_PER_FAST ? [unknown, fast] : [fast, unknown];
    return first.leastKey === undefined ? other : first;
  }

  /** A row has started. */
  started(isOfFastHost: boolean): void {
    this.#sinceFast = isOfFastHost ? 0 : this.#sinceFast + 1;
  }
}
