import type { Options } from '../../config/resolve.ts';
import { readStats } from '../../output/metadata/stats.ts';
import { openStore } from '../../output/store/open-store.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import type { PreparedOutput } from '../dataset/prepare-output.ts';
import { Tally } from '../engine/tally.ts';
import type { OpenedIndex } from '../index/open-index.ts';

/** Outcomes in the shards that earlier starts of the run finished. */
export async function tallyFinishedShards(
  { output, done }: PreparedOutput,
  { oomShardCount }: Options,
): Promise<Tally> {
  const store = openStore(output);
  const tally = new Tally();
  for (const id of done) {
    const name = shardFileName(shardName(id, { shardDigits: oomShardCount }), 'stats');
    const stats = await readStats(store, name);
    tally.addCounts(stats.successes, stats.failure_codes);
  }
  return tally;
}

/** Rows of the whole index that the options select; null if only reading the index can tell. */
export function countSelectedRows(
  { files }: OpenedIndex,
  { limit, sample, dedupe, duplicates }: Options,
): number | null {
  const isThinned = sample !== null || (dedupe === 'url' && duplicates === 'drop');
  let rows = 0;
  for (const { rowCount } of files) {
    if (rowCount === null || isThinned) return null;
    rows += rowCount;
  }
  return Math.min(rows, limit ?? rows);
}
