import { join } from 'node:path';
import type { Column, Value } from '../../core/columns.ts';
import { inputError, oneLine, UserError } from '../../core/errors.ts';
import { RESERVED_COLUMNS } from '../../core/reserved-columns.ts';
import { shardFileName } from '../../shards/files.ts';
import { readStats, type ShardStats } from '../metadata/stats.ts';
import { fileSha256 } from '../store/file-sha256.ts';
import { openMetadata, type StoredMetadata } from './stored-metadata.ts';

/** A finished shard whose statistics and metadata are as they were written. */
export interface StoredShard extends StoredMetadata {
  readonly stats: ShardStats;
  /** The columns that the index gave. */
  readonly carried: readonly Column[];
  readonly caption: boolean;
  /** Reads one column of a row. */
  column(name: string): (row: readonly Value[]) => Value;
}

/** Opens the shard `name` of a dataset; throws a UserError (exit code 3) where it is not as it was written. */
export async function openStoredShard(folder: string, name: string): Promise<StoredShard> {
  const file = shardFileName(name, 'parquet');
  try {
    const stats = await readStats(join(folder, shardFileName(name, 'stats')));
    const expected = stats.files?.[file]?.sha256;
    if (expected !== undefined && expected !== (await fileSha256(join(folder, file)))) {
      throw new Error('it does not have the sha256 of the statistics');
    }
    const metadata = await openMetadata(join(folder, file));
    const names = metadata.columns.map((column) => column.name);
    return {
      ...metadata,
      stats,
      carried: metadata.columns.filter((column) => !RESERVED_COLUMNS.has(column.name)),
      caption: names.includes('caption'),
      column: (column) => {
        const index = names.indexOf(column);
        if (index === -1) throw damagedShard(folder, file, `the column ${column} is missing`);
        return (row) => row[index] ?? null;
      },
    };
  } catch (error) {
    throw damagedShard(folder, file, error);
  }
}

/** What to say of a file of a shard that cannot be used; a UserError stays what it is. */
export function damagedShard(folder: string, file: string, reason: unknown): Error {
  if (reason instanceof UserError) return reason;
  const remedy = "run laion-fetch verify, delete the shard's statistics and run the download again";
  return inputError(`Cannot use '${join(folder, file)}': ${oneLine(reason)}; ${remedy}`, reason);
}
