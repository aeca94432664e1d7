import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { ShardId } from '../core/samples.ts';
import { hasErrno } from '../util/files/errno.ts';
import { parseShardFileName, type ShardFileKind } from './files.ts';

/** Which shards of a dataset are done. */
export interface Ledger {
  readonly done: ReadonlySet<ShardId>;
  /** The first number after every shard that has statistics; 0 for an empty dataset. */
  readonly next: ShardId;
}

/** What stands in a folder under the name of a shard. */
interface FoundShard {
  readonly id: ShardId;
  readonly kinds: Set<ShardFileKind>;
  /** Names of all of it, also of what is no file of a shard: a folder `00000.tar`, say. */
  readonly names: string[];
}

/**
 * Reads what is done from the names in a folder: a shard is done when its statistics and its files of the `required`
 * kinds are there. Statistics are written last, so that they alone tell a shard that was whole; a file that was removed
 * since makes it undone. Other files are none of the ledger's business, and a folder that does not exist holds nothing.
 */
export async function readLedger(folder: string, required: readonly ShardFileKind[]): Promise<Ledger> {
  const done = new Set<ShardId>();
  let next = 0;
  for (const { id, kinds } of await findShards(folder)) {
    if (!kinds.has('stats')) continue;
    if (required.every((kind) => kinds.has(kind))) done.add(id);
    next = Math.max(next, id + 1);
  }
  return { done, next: next as ShardId };
}

/**
 * Names in a folder, sorted, that a run would write to and that belong to no shard it has finished: whatever is called
 * like a tar, a Parquet file, a checksum file or a folder of a shard without statistics.
 */
export async function findStrangers(folder: string): Promise<string[]> {
  const shards = await findShards(folder);
  return shards.flatMap(({ kinds, names }) => (kinds.has('stats') ? [] : names)).sort();
}

async function findShards(folder: string): Promise<FoundShard[]> {
  const shards = new Map<string, FoundShard>();
  for (const entry of await entriesOf(folder)) {
    const file = parseShardFileName(entry.name);
    if (file === null) continue;
    const found = shards.get(file.shard) ?? { id: file.id, kinds: new Set(), names: [] };
    if (isOfKind(entry, file.kind)) found.kinds.add(file.kind);
    found.names.push(entry.name);
    shards.set(file.shard, found);
  }
  return [...shards.values()];
}

/** A tar or Parquet file may be a link to where there is room for it. */
function isOfKind(entry: Dirent, kind: ShardFileKind): boolean {
  if (kind === 'stats') return entry.isFile();
  return entry.isDirectory() === (kind === 'folder');
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
