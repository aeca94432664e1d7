import { Queue } from '../../util/queue.ts';

interface Item {
  readonly reservedBytes: number;
}

/**
 * Jobs that wait for a decoder, in two queues, and their memory budget. By estimate, the admitted jobs together never
 * need more than `budgetBytes`, unless a single larger one runs alone.
 */
export class Admission<T extends Item> {
  readonly #budgetBytes: number;
  #takenBytes = 0;
  readonly #queues = { ordinary: new Queue<T>(), suspects: new Queue<T>() };

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get hasSuspects(): boolean {
    return this.#queues.suspects.size > 0;
  }

  add(item: T, queue: 'ordinary' | 'suspects' = 'ordinary'): void {
    this.#queues[queue].push(item);
  }

  /** Puts jobs that were admitted but not decoded back to the front. */
  addFirst(items: readonly T[]): void {
    this.#queues.ordinary.pushFirst(items);
  }

  /** Admits the first job of a queue if there is memory for it. No other job overtakes it, or it might wait forever. */
  next(queue: 'ordinary' | 'suspects'): T | undefined {
    const item = this.#queues[queue].peek();
    if (item === undefined || this.#takenBytes + this.#share(item) > this.#budgetBytes) return undefined;
    this.#takenBytes += this.#share(item);
    return this.#queues[queue].shift();
  }

  /** Returns the memory of a job that `next` has admitted. */
  release(item: T): void {
    this.#takenBytes -= this.#share(item);
  }

  /** Empties both queues. */
  drain(): T[] {
    return [...this.#queues.suspects.drain(), ...this.#queues.ordinary.drain()];
  }

  /** A job that needs more than the budget takes all of it. */
  #share({ reservedBytes }: Item): number {
    return Math.min(reservedBytes, this.#budgetBytes);
  }
}
