import type { StoredRow } from '../read/stored-rows.ts';
import type { SampleOrder } from './key-order.ts';

/** The keys of a shard whose rows name their samples. Memory grows with the rows of the shard. */
export class NamedKeys implements SampleOrder {
  /** Position of each key among the successful rows. */
  readonly #positions: ReadonlyMap<string, number>;
  readonly #seen = new Set<string>();

  private constructor(positions: ReadonlyMap<string, number>) {
    this.#positions = positions;
  }

  static async read(rows: AsyncIterable<StoredRow>): Promise<NamedKeys> {
    const positions = new Map<string, number>();
    for await (const { key, status } of rows) {
      if (key !== null && status === 'success') positions.set(key, positions.get(key) ?? positions.size);
    }
    return new NamedKeys(positions);
  }

  /** Where the sample of a key is in the order of the rows; -1 for one that does not belong there. */
  position(key: string): number {
    return this.#positions.get(key) ?? -1;
  }

  follow({ key, status }: Pick<StoredRow, 'key' | 'status'>): string | null {
    if (key === null) return status === 'success' ? 'the row is a success but has no key' : null;
    if (this.#seen.has(key)) return 'an earlier row has the same key';
    this.#seen.add(key);
    return null;
  }

  precedes(stored: string, key: string): boolean {
    return this.position(stored) < this.position(key);
  }
}
