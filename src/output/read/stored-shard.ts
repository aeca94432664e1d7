import type { Column, Value } from '../../core/columns.ts';
import { inputError, oneLine, UserError } from '../../core/errors.ts';
import { isFailureCode } from '../../core/failures.ts';
import { RESERVED_COLUMNS } from '../../core/reserved-columns.ts';
import { shardFileName } from '../../shards/files.ts';
import { sha256Of } from '../checksums/sha256-of.ts';
import { type CountedOutcome, readStats, type ShardStats } from '../metadata/stats.ts';
import type { Store } from '../store/store.ts';
import { openMetadata, type StoredMetadata } from './stored-metadata.ts';

/** A finished shard with unchanged statistics and metadata. */
export interface StoredShard extends StoredMetadata {
  readonly stats: ShardStats;
  /** The columns copied from the index. */
  readonly carried: readonly Column[];
  readonly caption: boolean;
  /** Reads one column of a row. */
  column(name: string): (row: readonly Value[]) => Value;
}

/**
 * Opens the shard `name` of a dataset; throws a UserError (exit code 3) if it has changed since it was written.
 * `sampleColumns` are the columns of its samples beside those of every dataset.
 */
export async function openStoredShard(
  store: Store,
  name: string,
  sampleColumns: ReadonlySet<string>,
): Promise<StoredShard> {
  const file = shardFileName(name, 'parquet');
  try {
    const stats = await readStats(store, shardFileName(name, 'stats'));
    const expected = stats.files?.[file]?.sha256;
    if (expected !== undefined && expected !== (await sha256Of(store, file))) {
      throw new Error('its sha256 differs from the statistics');
    }
    const metadata = await openMetadata(store, file);
    const names = metadata.columns.map((column) => column.name);
    return {
      ...metadata,
      stats,
      carried: metadata.columns.filter(
        (column) => !RESERVED_COLUMNS.has(column.name) && !sampleColumns.has(column.name),
      ),
      caption: names.includes('caption'),
      column: (column) => {
        const index = names.indexOf(column);
        if (index === -1) throw damagedShard(store, file, `the column ${column} is missing`);
        return (row) => row[index] ?? null;
      },
    };
  } catch (error) {
    throw damagedShard(store, file, error);
  }
}

/** Reads what the statistics count from a row of the metadata, which are in `file`. */
export function outcomeReader(
  store: Store,
  file: string,
  { column }: StoredShard,
): (row: readonly Value[]) => CountedOutcome {
  const [codeIn, messageIn, bytesIn] = [column('failure_code'), column('error_message'), column('bytes')];
  return (row) => {
    const [code, bytes] = [codeIn(row), bytesIn(row)];
    const fetch = { bytes: bytes === null ? null : Number(bytes) };
    if (code === null) return { ok: true, fetch };
    if (typeof code === 'string' && isFailureCode(code)) {
      return { ok: false, code, message: String(messageIn(row)), fetch };
    }
    throw damagedShard(store, file, `the failure code ${String(code)} is unknown`);
  };
}

/** Where each key is in the order of the rows. */
export async function keyPositions(stored: StoredShard): Promise<ReadonlyMap<string, number>> {
  const keyIn = stored.column('key');
  const positions = new Map<string, number>();
  for await (const group of stored.rows()) {
    for (const row of group) positions.set(String(keyIn(row)), positions.size);
  }
  return positions;
}

/** The error for a file of a shard that cannot be used; a UserError is returned unchanged. */
export function damagedShard(store: Store, file: string, reason: unknown): Error {
  if (reason instanceof UserError) return reason;
  const remedy = "run laion-fetch verify, delete the shard's statistics and run the download again";
  return inputError(`Cannot use '${store.address(file)}': ${oneLine(reason)}; ${remedy}`, reason);
}
