import type { Options } from '../../config/resolve.ts';
import { type Column, typeName, type Value } from '../../core/columns.ts';
import { oneLine } from '../../core/errors.ts';
import { sameValue } from '../../core/same-value.ts';
import type { ShardId } from '../../core/samples.ts';
import { openMetadata as openOurs } from '../../output/read/stored-metadata.ts';
import { openStore } from '../../output/store/open-store.ts';
import type { Store } from '../../output/store/store.ts';
import { type Finding, FindingList } from '../../output/verify/findings.ts';
import { shardFileName } from '../../shards/files.ts';
import { keyOfRow, shardName } from '../../shards/names.ts';
import type { ShardRow } from '../index/assign-shards.ts';
import { numberingOf } from '../index/numbering.ts';
import type { OpenedIndex } from '../index/open-index.ts';
import { mergesCaptions, pointsToDuplicates } from '../index/reserved-names.ts';
import { datasetShape } from '../stages/stage-settings.ts';

type StoredValues = ReadonlyMap<string, Value>;

/** Opens the metadata of a shard; rows come in the order of their keys. */
export type MetadataOpener = typeof openOurs;

interface ShardToCompare {
  readonly output: string;
  readonly id: ShardId;
  readonly options: Options;
  readonly index: OpenedIndex;
  readonly openMetadata?: MetadataOpener | undefined;
  /** Columns that were added or removed since and are not compared. */
  readonly changed: ReadonlySet<string>;
}

/** One shard's metadata, read in parallel with the index rows that belong to it. */
export class ComparedShard {
  readonly id: ShardId;
  readonly name: string;
  readonly #findings = new FindingList();
  readonly #options: Options;
  readonly #index: OpenedIndex;
  readonly #changed: ReadonlySet<string>;
  readonly #file: string;
  readonly #stored: AsyncGenerator<StoredValues>;
  #next: StoredValues | null | undefined;
  /** Number of rows that `#rowAt` has read. */
  #position = 0;

  constructor({ output, id, options, index, changed, openMetadata = openOurs }: ShardToCompare) {
    this.#changed = changed;
    this.id = id;
    this.name = shardName(id, { shardDigits: options.oomShardCount });
    this.#options = options;
    this.#index = index;
    this.#file = shardFileName(this.name, 'parquet');
    this.#stored = this.#readStored(openStore(output), openMetadata);
  }

  async compare({ index, row }: ShardRow): Promise<void> {
    const key = keyOfRow(row, this.id, index, numberingOf(this.#options));
    const isNamed = this.#options.keyCol !== null;
    const stored = isNamed ? await this.#rowAt(index) : await this.#rowOf(key ?? '');
    if (stored === null) return;
    const expected = new Map<string, Value>(
      this.#index.columns.flatMap(({ name }, at) =>
        this.#changed.has(name) ? [] : [[name, row.values[at] ?? null]],
      ),
    );
    // The first of merged captions may be that of another row.
    const isMerged = mergesCaptions(this.#options) && row.caption === null;
    if (this.#index.caption && !isMerged) expected.set('caption', row.caption);
    expected.set('url', row.url);
    if (isNamed) expected.set('key', key);
    if (row.subfolder !== undefined) expected.set('subfolder', row.subfolder);
    if (pointsToDuplicates(this.#options)) expected.set('duplicate_of', row.duplicateOf ?? null);
    const label = key ?? `row ${index}`;
    const different = [...expected].filter(([name, value]) => !sameValue(stored.get(name) ?? null, value));
    if (different.length > 0) {
      const names = different.map(([name]) => name).join(', ');
      this.#findings.add(this.#file, `differs from the index in ${names}`, label);
    }
    if ((row.unreadable === undefined) === (stored.get('failure_code') === 'bad_row')) {
      const is = row.unreadable === undefined ? 'can' : 'cannot';
      this.#findings.add(this.#file, `the row ${is} be read in the index`, label);
    }
  }

  /** Closes the metadata; returns the findings. */
  async finish(): Promise<readonly Finding[]> {
    await this.#stored.return(undefined);
    return this.#findings.all;
  }

  /** The stored row of a key; null if it is missing, which the check of the keys already reports. */
  async #rowOf(key: string): Promise<StoredValues | null> {
    this.#next ??= await this.#read();
    while (this.#next !== null && isBefore(this.#next.get('key') ?? null, key))
      this.#next = await this.#read();
    if (this.#next?.get('key') !== key) return null;
    const found = this.#next;
    this.#next = undefined;
    return found;
  }

  /** The stored row at a position, because names of samples have no order; null if there are fewer. */
  async #rowAt(index: number): Promise<StoredValues | null> {
    let row: StoredValues | null = null;
    for (; this.#position <= index; this.#position += 1) row = await this.#read();
    return row;
  }

  async #read(): Promise<StoredValues | null> {
    const next = await this.#stored.next();
    return next.done ? null : next.value;
  }

  async *#readStored(store: Store, openMetadata: MetadataOpener): AsyncGenerator<StoredValues> {
    try {
      // Verification reports files that are missing.
      if ((await store.size(this.#file)) === null) return;
      const { columns, rows } = await openMetadata(store, this.#file);
      this.#compareColumns(columns);
      for await (const group of rows()) {
        for (const values of group) yield new Map(columns.map(({ name }, at) => [name, values[at] ?? null]));
      }
    } catch (error) {
      // Verification reads the file with another library, which may accept what this one refuses.
      this.#findings.add(this.#file, `cannot be compared with the index: ${oneLine(error)}`);
    }
  }

  #compareColumns(stored: readonly Column[]): void {
    const shape = datasetShape(this.#options, this.#index);
    for (const { name, type } of shape.columns) {
      if (this.#changed.has(name)) continue;
      const found = stored.find((column) => column.name === name);
      if (found === undefined) this.#findings.add(this.#file, `lacks the column ${name} of the index`);
      else if (typeName(found.type) !== typeName(type)) {
        this.#findings.add(
          this.#file,
          `has ${name} as ${typeName(found.type)}, the index as ${typeName(type)}`,
        );
      }
    }
  }
}

function isBefore(stored: Value, key: string): boolean {
  return (
    typeof stored !== 'string' || (stored.length === key.length ? stored < key : stored.length < key.length)
  );
}
