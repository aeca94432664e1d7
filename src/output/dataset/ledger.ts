import type { ShardId } from '../../core/samples.ts';
import { parseShardFileName, type ShardFileKind } from '../../shards/files.ts';
import type { Store, StoreEntry } from '../store/store.ts';

/** Which shards of a dataset are done. */
export interface Ledger {
  readonly done: ReadonlySet<ShardId>;
  /** The first number after every shard that has statistics; 0 for an empty dataset. */
  readonly next: ShardId;
}

/** Everything in a dataset that is named like a file of one shard. */
export interface FoundShard {
  /** Name, `00042`. */
  readonly shard: string;
  readonly id: ShardId;
  readonly kinds: Set<ShardFileKind>;
  /** All names, even of entries that are not a shard's file, such as a folder `00000.tar`. */
  readonly names: string[];
}

/**
 * Finds the finished shards by the names in a dataset: a shard is done if its statistics and its files of the `required`
 * kinds exist. Statistics are written last, so a shard with statistics was complete once; a file that was removed since
 * then makes it unfinished. Other files are ignored. A dataset that does not exist has no shards.
 */
export async function readLedger(store: Store, required: readonly ShardFileKind[]): Promise<Ledger> {
  const done = new Set<ShardId>();
  let next = 0;
  for (const { id, kinds } of await findShards(store)) {
    if (!kinds.has('stats')) continue;
    if (required.every((kind) => kinds.has(kind))) done.add(id);
    next = Math.max(next, id + 1);
  }
  return { done, next: next as ShardId };
}

/**
 * The sorted names that a run would write to although they belong to no finished shard: anything named like a tar, a
 * Parquet file, a checksum file or a folder of a shard without statistics.
 */
export async function findForeignFiles(store: Store): Promise<string[]> {
  const shards = await findShards(store);
  return shards.flatMap(({ kinds, names }) => (kinds.has('stats') ? [] : names)).sort();
}

/** Everything in a dataset that is named like a file of a shard. */
export async function findShards(store: Store): Promise<FoundShard[]> {
  const shards = new Map<string, FoundShard>();
  for (const entry of (await store.list()) ?? []) {
    const file = parseShardFileName(entry.name);
    if (file === null) continue;
    const found: FoundShard = shards.get(file.shard) ?? {
      shard: file.shard,
      id: file.id,
      kinds: new Set(),
      names: [],
    };
    if (file.part === 0 && isOfKind(entry, file.kind)) found.kinds.add(file.kind);
    found.names.push(entry.name);
    shards.set(file.shard, found);
  }
  return [...shards.values()];
}

/** A tar or Parquet file may be a link to a disk that has room for it. */
function isOfKind(entry: StoreEntry, kind: ShardFileKind): boolean {
  if (kind === 'stats') return entry.kind === 'file';
  return (entry.kind === 'folder') === (kind === 'folder');
}
