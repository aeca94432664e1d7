/** A binary heap: returns the item with the smallest key first; push and pop take O(log n). Equal keys have no order. */
export class Heap<T> {
  readonly #entries: { readonly key: number; readonly item: T }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The smallest key, or undefined if the heap is empty. */
  get leastKey(): number | undefined {
    return this.#entries[0]?.key;
  }

  push(key: number, item: T): void {
    const entries = this.#entries;
    const entry = { key, item };
    let position = entries.length;
    entries.push(entry);
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = entries[parent];
      if (above === undefined || above.key <= key) break;
      entries[position] = above;
      position = parent;
    }
    entries[position] = entry;
  }

  /** Removes and returns the item with the smallest key. */
  pop(): T | undefined {
    const [first] = this.#entries;
    const last = this.#entries.pop();
    if (last !== undefined && this.#entries.length > 0) this.#sink(last);
    return first?.item;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  #sink(entry: { readonly key: number; readonly item: T }): void {
    const entries = this.#entries;
    let position = 0;
    for (;;) {
      const left = entries[2 * position + 1];
      const right = entries[2 * position + 2];
      const takeRight = left !== undefined && right !== undefined && right.key < left.key;
      const child = takeRight ? right : left;
      if (child === undefined || child.key >= entry.key) break;
      entries[position] = child;
      position = 2 * position + (takeRight ? 2 : 1);
    }
    entries[position] = entry;
  }
}
