import type { Options } from '../../config/resolve.ts';
import { DenyList } from '../../fetch/deny-list/deny-list.ts';
import { openStore } from '../../output/store/open-store.ts';
import { makeScratch, removeScratch, scratchFolder } from '../dataset/scratch.ts';
import { openDenyList } from '../deny-list/read-deny-list.ts';
import { listedRows } from '../remove/listed-rows.ts';
import { closeRemoved, mergeRemoved, readRemoved } from '../remove/removed-list.ts';
import { takeOut } from '../remove/take-out.ts';
import type { PlannedShard } from './plan-merge.ts';

/**
 * Keeps what was taken out of the sources, or of the merged dataset, out of these shards of it: a source may have another sample
 * with the URL, or, if a shard is made again, the sample itself. Returns how many samples it takes out.
 */
export async function keepRemoved(
  output: string,
  sources: readonly string[],
  shards: readonly PlannedShard[],
  { proxy, scratch: chosen }: Pick<Options, 'proxy' | 'scratch'>,
): Promise<number> {
  await mergeRemoved(output, sources);
  const store = openStore(output);
  const lists = await openDenyList({ denyList: [], proxy }, () => {});
  const read = lists.finish(await readRemoved(store));
  if (read === null) return 0;
  const list = new DenyList(read.table);
  const scratch = scratchFolder(output, chosen, null);
  let taken = 0;
  try {
    for (const { to: id, after } of shards) {
      const samples = await listedRows(output, after, id, list);
      if (samples.length === 0) continue;
      const removal = { output, options: after, id, samples, source: 'merge' };
      await takeOut({ ...removal, scratch: await makeScratch(scratch) });
      taken += samples.length;
    }
  } finally {
    await removeScratch(scratch);
  }
  await closeRemoved(store);
  return taken;
}
