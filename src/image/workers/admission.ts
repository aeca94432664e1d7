import { Queue } from '../../util/queue.ts';

interface Item {
  readonly estimatedBytes: number;
}

/**
 * Those who wait for a decoder, in two lines, and the memory that they share: what those under way need by estimate is
 * never more than `budgetBytes`, unless one that needs more is under way alone.
 */
export class Admission<T extends Item> {
  readonly #budgetBytes: number;
  #takenBytes = 0;
  readonly #lines = { ordinary: new Queue<T>(), suspects: new Queue<T>() };

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get hasSuspects(): boolean {
    return this.#lines.suspects.size > 0;
  }

  add(item: T, line: 'ordinary' | 'suspects' = 'ordinary'): void {
    this.#lines[line].push(item);
  }

  /** Puts those first that had been admitted and were held up. */
  addFirst(items: readonly T[]): void {
    this.#lines.ordinary.pushFirst(items);
  }

  /** The first in the line if there is memory for it. Nobody overtakes it meanwhile, or it might wait for ever. */
  next(line: 'ordinary' | 'suspects'): T | undefined {
    const item = this.#lines[line].peek();
    if (item === undefined || this.#takenBytes + this.#share(item) > this.#budgetBytes) return undefined;
    this.#takenBytes += this.#share(item);
    return this.#lines[line].shift();
  }

  /** Gives back the memory of an item that `next` has admitted. */
  release(item: T): void {
    this.#takenBytes -= this.#share(item);
  }

  /** Empties both lines. */
  drain(): T[] {
    return [...this.#lines.suspects.drain(), ...this.#lines.ordinary.drain()];
  }

  /** Whoever needs the whole budget or more takes all of it. */
  #share({ estimatedBytes }: Item): number {
    return Math.min(estimatedBytes, this.#budgetBytes);
  }
}
