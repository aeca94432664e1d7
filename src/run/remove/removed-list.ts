import { createHash } from 'node:crypto';
import type { Store } from '../../output/store/store.ts';

/** The URLs that were taken out of a dataset, as a deny list with its reasons in comments. */
export const REMOVED_LIST = '.laion-fetch/removed.txt';

/** A row that is taken out. */
export interface RemovedRow {
  readonly url: string;
  /** Where it stands: its shard and its key. */
  readonly place: string;
  readonly reason: string;
}

/**
 * Records rows before they are taken out, so that nothing fetches them again: a later download, a retry and a repair of
 * the dataset read the list. A URL stands there as its digest. Rows that are recorded already are not recorded again.
 */
export async function recordRemoved(
  store: Store,
  rows: readonly RemovedRow[],
  source: string,
  at: Date,
): Promise<void> {
  const known = (await store.read(REMOVED_LIST))?.toString('utf8') ?? HEAD;
  const lines = new Set(known.split('\n'));
  const added = rows.flatMap(({ url, place, reason }) => {
    const entry = `url-sha256:${createHash('sha256').update(url).digest('hex')}`;
    if (lines.has(entry)) return [];
    lines.add(entry);
    return [`# ${place}: ${reason}`, entry];
  });
  if (added.length === 0) return;
  const title = `# ${at.toISOString()} by ${oneLineOf(source)}`;
  await store.write(REMOVED_LIST, [known.trimEnd(), title, ...added, ''].join('\n'));
}

const HEAD = '# Rows that were taken out of this dataset, which are not to be fetched again.';

const oneLineOf = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
