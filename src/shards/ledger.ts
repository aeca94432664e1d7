import { readdir } from 'node:fs/promises';
import type { ShardId } from '../core/samples.ts';
import { parseShardFileName } from './files.ts';

/** Which shards of a dataset are done. */
export interface Ledger {
  readonly done: ReadonlySet<ShardId>;
  /** The first number after every done shard; 0 for an empty dataset. */
  readonly next: ShardId;
}

/**
 * Reads what is done from the names `NNNNN_stats.json`: a shard has one exactly when all its files are whole. Other
 * files are none of the ledger's business, and a folder that does not exist holds nothing.
 */
export async function readLedger(folder: string): Promise<Ledger> {
  const done = new Set<ShardId>();
  let next = 0;
  for (const name of await namesIn(folder)) {
    const file = parseShardFileName(name);
    if (file?.kind !== 'stats') continue;
    done.add(file.id);
    next = Math.max(next, file.id + 1);
  }
  return { done, next: next as ShardId };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
