/** Items that wait for a moment, given back in the order of their moments; a binary heap, O(log n) each way. */
export class AlarmList<T> {
  readonly #heap: { readonly at: number; readonly item: T }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest moment that is waited for, in the clock of the caller. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  add(at: number, item: T): void {
    const heap = this.#heap;
    const entry = { at, item };
    let position = heap.length;
    heap.push(entry);
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= at) break;
      heap[position] = above;
      position = parent;
    }
    heap[position] = entry;
  }

  /** Removes and returns an item whose moment has come by `now`, or undefined. */
  takeDue(now: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first.item;
  }

  /** Empties the list and returns what was in it, in no order. */
  drain(): T[] {
    return this.#heap.splice(0).map((entry) => entry.item);
  }

  #sink(entry: { readonly at: number; readonly item: T }): void {
    const heap = this.#heap;
    let position = 0;
    for (;;) {
      const left = heap[2 * position + 1];
      const right = heap[2 * position + 2];
      const takeRight = left !== undefined && right !== undefined && right.at < left.at;
      const child = takeRight ? right : left;
      if (child === undefined || child.at >= entry.at) break;
      heap[position] = child;
      position = 2 * position + (takeRight ? 2 : 1);
    }
    heap[position] = entry;
  }
}
