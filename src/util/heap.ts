interface Entry<T> {
  readonly key: number;
  readonly item: T;
}

/** A binary heap: returns the item with the smallest key first; push and pop take O(log n). Equal keys have no order. */
export class Heap<T> {
  readonly #entries: Entry<T>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The smallest key, or undefined if the heap is empty. */
  get leastKey(): number | undefined {
    return this.#entries[0]?.key;
  }

  push(key: number, item: T): void {
    const entry = { key, item };
    this.#entries.push(entry);
    this.#rise(entry, this.#entries.length - 1);
  }

  /** Removes and returns the item with the smallest key. */
  pop(): T | undefined {
    const [first] = this.#entries;
    const last = this.#entries.pop();
    if (last !== undefined && this.#entries.length > 0) this.#sink(last, 0);
    return first?.item;
  }

  /** Removes and returns an item from about the given place in the order of keys: 0 for the first, 1 for the last. */
  popNear(place: number): T | undefined {
    const position = Math.floor(place * (this.#entries.length - 1));
    const item = this.#entries[position]?.item;
    if (item !== undefined) this.#remove(position);
    return item;
  }

  /** All items, in no order. */
  get items(): readonly T[] {
    return this.#entries.map(({ item }) => item);
  }

  clear(): void {
    this.#entries.length = 0;
  }

  #remove(position: number): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || position === entries.length) return;
    const above = entries[(position - 1) >> 1];
    if (position > 0 && above !== undefined && above.key > last.key) this.#rise(last, position);
    else this.#sink(last, position);
  }

  /** Moves an entry up from a free position to where it belongs. */
  #rise(entry: Entry<T>, from: number): void {
    const entries = this.#entries;
    let position = from;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = entries[parent];
      if (above === undefined || above.key <= entry.key) break;
      entries[position] = above;
      position = parent;
    }
    entries[position] = entry;
  }

  /** Moves an entry down from a free position to where it belongs. */
  #sink(entry: Entry<T>, from: number): void {
    const entries = this.#entries;
    let position = from;
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
