import { createHash } from 'node:crypto';
import { openStore } from '../../output/store/open-store.ts';
import type { Store } from '../../output/store/store.ts';

/** The URLs that were taken out of a dataset, as a deny list with its reasons in comments. */
const REMOVED_LIST = '.laion-fetch/removed.txt';

/** A row that is taken out. */
export interface RemovedRow {
  readonly url: string;
  /** Where it stands: its shard and its key. */
  readonly place: string;
  readonly reason: string;
}

/**
 * Records rows before they are taken out, so that nothing fetches them again: a later download, a retry and a repair of
 * the dataset read the list. A URL stands there as its digest. `closeRemoved` ends what several calls have written.
 */
export async function recordRemoved(
  store: Store,
  rows: readonly RemovedRow[],
  source: string,
  at: Date,
): Promise<void> {
  const entries = new Map<string, string>();
  for (const { url, place, reason } of rows) {
    const entry = `url-sha256:${createHash('sha256').update(url).digest('hex')}`;
    if (!entries.has(entry)) entries.set(entry, `# ${place}: ${reason}`);
  }
  if (entries.size === 0) return;
  const isNew = (await store.size(REMOVED_LIST)) === null;
  const title = `# ${at.toISOString()} by ${oneLineOf(source)}`;
  const lines = [...entries].flatMap(([entry, comment]) => [comment, entry]);
  await store.append(REMOVED_LIST, [...(isNew ? [HEAD] : []), title, ...lines, ''].join('\n'));
}

export const closeRemoved = (store: Store): Promise<void> => store.closeLog(REMOVED_LIST);

/** What was taken out of a dataset; null for nothing. The caller holds its lock, so that nothing is added meanwhile. */
export const readRemoved = (store: Store): Promise<Buffer | null> => store.readLog(REMOVED_LIST);

/** Adds what was taken out of datasets that were merged to the list of the merged one. */
export async function mergeRemoved(output: string, sources: readonly string[]): Promise<void> {
  const lines = new Set<string>();
  for (const name of [output, ...sources]) {
    const text = (await readRemoved(openStore(name)))?.toString('utf8') ?? '';
    for (const line of text.split('\n')) if (line !== '') lines.add(line);
  }
  if (lines.size > 0) await openStore(output).write(REMOVED_LIST, `${[...lines].join('\n')}\n`);
}

const HEAD = '# Rows that were taken out of this dataset, which are not to be fetched again.';

const oneLineOf = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
