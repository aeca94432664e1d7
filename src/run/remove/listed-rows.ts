import type { Options } from '../../config/resolve.ts';
import type { ShardId } from '../../core/samples.ts';
import type { Denial, DenyList } from '../../fetch/deny-list/deny-list.ts';
import { parseTarget } from '../../fetch/target.ts';
import { type StoredSampleRow, storedSampleRows } from './stored-samples.ts';
import type { RemovedSample } from './take-out.ts';

/** The samples of a shard that a list denies, by their URLs, where these led, or the digests of their bytes. */
export async function listedRows(
  output: string,
  options: Options,
  id: ShardId,
  list: DenyList,
): Promise<RemovedSample[]> {
  const found: RemovedSample[] = [];
  for await (const rows of storedSampleRows(output, options, id)) {
    for (const { digest, ...sample } of rows) {
      const denial = denialOf(list, sample, options.baseUrl) ?? digestDenial(list, digest, options);
      if (denial === null) continue;
      found.push({ ...sample, reason: denial.message.replace(' --deny-list', ' the list') });
    }
  }
  return found;
}

const denialOf = (
  list: DenyList,
  { row, fetch }: Pick<StoredSampleRow, 'row' | 'fetch'>,
  base: string | null,
): Denial | null => urlDenial(list, row.url, base) ?? urlDenial(list, fetch.finalUrl, null);

function urlDenial(list: DenyList, url: string | null, base: string | null): Denial | null {
  const target = parseTarget(url, base);
  return 'code' in target ? null : list.refusesTarget(target, url);
}

function digestDenial(list: DenyList, digest: string | null, { computeHash }: Options): Denial | null {
  const isListed = computeHash === 'sha256' || computeHash === 'md5';
  return isListed && digest !== null ? list.refusesDigest(computeHash, digest) : null;
}
