import type { Options } from '../../config/resolve.ts';
import type { Value } from '../../core/columns.ts';
import type { FetchFacts, SampleRow, ShardId } from '../../core/samples.ts';
import type { Denial, DenyList } from '../../fetch/deny-list/deny-list.ts';
import { parseTarget } from '../../fetch/target.ts';
import { openStoredShard, type StoredShard } from '../../output/read/stored-shard.ts';
import { openStore } from '../../output/store/open-store.ts';
import { shardName } from '../../shards/names.ts';
import { reservedNames } from '../index/reserved-names.ts';
import { rowReader } from '../retry/failed-rows.ts';

/** A sample of a finished shard that a list denies. */
export interface ListedRow {
  /** Its row in the shard. */
  readonly index: number;
  readonly key: string;
  readonly row: SampleRow;
  readonly fetch: FetchFacts;
  /** Why, in the words of the list. */
  readonly reason: string;
}

/** The samples of a shard that a list denies, by their URLs, where these led, or the digests of their bytes. */
export async function listedRows(
  output: string,
  options: Options,
  id: ShardId,
  list: DenyList,
): Promise<ListedRow[]> {
  const name = shardName(id, { shardDigits: options.oomShardCount });
  const shard = await openStoredShard(openStore(output), name, reservedNames(options));
  const toRow = rowReader(shard, options);
  const factsOf = factReader(shard);
  const [codeIn, keyIn] = [shard.column('failure_code'), shard.column('key')];
  const { computeHash } = options;
  const digestIn = computeHash === 'sha256' || computeHash === 'md5' ? shard.column(computeHash) : () => null;
  const found: ListedRow[] = [];
  let index = 0;
  for await (const group of shard.rows()) {
    for (const values of group) {
      if (codeIn(values) === null) {
        const row = toRow(values);
        const fetch = factsOf(values);
        const digest = digestIn(values);
        const denial =
          denialOf(list, row.url, options.baseUrl) ??
          denialOf(list, fetch.finalUrl, null) ??
          (typeof digest === 'string' && (computeHash === 'sha256' || computeHash === 'md5')
            ? list.refusesDigest(computeHash, digest)
            : null);
        if (denial !== null) {
          const reason = denial.message.replace(' --deny-list', ' the list');
          found.push({ index, key: String(keyIn(values)), row, fetch, reason });
        }
      }
      index += 1;
    }
  }
  return found;
}

function denialOf(list: DenyList, url: string | null, base: string | null): Denial | null {
  const target = parseTarget(url, base);
  return 'code' in target ? null : list.refusesTarget(target, url);
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
