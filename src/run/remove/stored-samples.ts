import type { Options } from '../../config/resolve.ts';
import type { Value } from '../../core/columns.ts';
import type { FetchFacts, SampleRow, ShardId } from '../../core/samples.ts';
import { openStoredShard, type StoredShard } from '../../output/read/stored-shard.ts';
import { openStore } from '../../output/store/open-store.ts';
import { shardName } from '../../shards/names.ts';
import { reservedNames } from '../index/reserved-names.ts';
import { rowReader } from '../retry/failed-rows.ts';

/** A row of a finished shard that has a sample. */
export interface StoredSampleRow {
  /** Its row in the shard. */
  readonly index: number;
  readonly key: string;
  readonly row: SampleRow;
  readonly fetch: FetchFacts;
  /** Digest of the downloaded bytes; null if the dataset has none. */
  readonly digest: string | null;
}

/** The rows of a finished shard that have samples, one row group at a time. */
export async function* storedSampleRows(
  output: string,
  options: Options,
  id: ShardId,
): AsyncGenerator<readonly StoredSampleRow[]> {
  const name = shardName(id, { shardDigits: options.oomShardCount });
  const shard = await openStoredShard(openStore(output), name, reservedNames(options));
  const toRow = rowReader(shard, options);
  const factsOf = factReader(shard);
  const [codeIn, keyIn] = [shard.column('failure_code'), shard.column('key')];
  const { computeHash } = options;
  const digestIn = computeHash === 'none' ? () => null : shard.column(computeHash);
  let index = 0;
  for await (const group of shard.rows()) {
    const rows: StoredSampleRow[] = [];
    for (const values of group) {
      if (codeIn(values) === null) {
        const digest = digestIn(values);
        rows.push({
          ...{ index, key: String(keyIn(values)), row: toRow(values), fetch: factsOf(values) },
          digest: typeof digest === 'string' ? digest : null,
        });
      }
      index += 1;
    }
    yield rows;
  }
}

/** What a row says about its download. */
function factReader({ column }: StoredShard): (values: readonly Value[]) => FetchFacts {
  const number = (name: string): ((values: readonly Value[]) => number | null) => {
    const valueIn = column(name);
    return (values) => {
      const value = valueIn(values);
      return value === null ? null : Number(value);
    };
  };
  const text = (name: string): ((values: readonly Value[]) => string | null) => {
    const valueIn = column(name);
    return (values) => {
      const value = valueIn(values);
      return typeof value === 'string' ? value : null;
    };
  };
  const [status, attempts, bytes, fetchedAt] = ['http_status', 'attempts', 'bytes', 'fetched_at'].map(number);
  const [finalUrl, mimeType] = ['final_url', 'mime_type'].map(text);
  return (values) => ({
    httpStatus: status?.(values) ?? null,
    finalUrl: finalUrl?.(values) ?? null,
    attempts: attempts?.(values) ?? 0,
    bytes: bytes?.(values) ?? null,
    mimeType: mimeType?.(values) ?? null,
    fetchedAt: fetchedAt?.(values) ?? null,
  });
}
