import { type Options, withDatasetSettings } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import { DenyList } from '../fetch/deny-list/deny-list.ts';
import { openStore } from '../output/store/open-store.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import { refreshLoaderFiles } from './dataset/refresh-loader-files.ts';
import { makeScratch, removeScratch, scratchFolder } from './dataset/scratch.ts';
import { openDenyList } from './deny-list/read-deny-list.ts';
import { finishedDataset } from './remove/finished-dataset.ts';
import { listedRows } from './remove/listed-rows.ts';
import { closeRemoved } from './remove/removed-list.ts';
import { removeLeftParts, takeOut } from './remove/take-out.ts';
import { finishedShards } from './retry/count-failures.ts';
import { refreshAttribution } from './rights/attribution-files.ts';

export interface RemoveRequest {
  /** Options that decide the dataset's content are replaced by those of the dataset. */
  readonly options: Options;
  readonly output: string;
  /** Files of URLs, hosts, domains and digests, as of `--deny-list`. */
  readonly lists: readonly string[];
  readonly onNotice: (message: string) => void;
}

export interface Removal {
  readonly output: string;
  /** Samples that were taken out, by the reason. */
  readonly removed: ReadonlyMap<string, number>;
  readonly shards: { readonly rewritten: number; readonly unchanged: number };
}

/**
 * Takes the samples that lists deny out of a finished dataset. Their rows stay as failed ones, with the reason. Each shard is
 * replaced as a whole, so that a call that was interrupted has done some of them, and the next call does the others. Throws a
 * UserError for what a user can correct.
 */
export async function remove({ options, output, lists, onNotice }: RemoveRequest): Promise<Removal> {
  await finishedDataset(output, 'remove from');
  const read = (await openDenyList({ ...options, denyList: lists }, onNotice)).finish(null);
  if (read === null) throw usageError(`Cannot remove from '${output}': name what to remove with --urls FILE`);
  const list = new DenyList(read.table);
  const source = lists.join(', ');
  const unlock = await lockOutput(output);
  const store = openStore(output);
  const scratch = scratchFolder(output, options.scratch, null);
  const removed = new Map<string, number>();
  const shards = { rewritten: 0, unchanged: 0 };
  try {
    await store.recover();
    const { runs } = await finishedDataset(output, 'remove from');
    for (const [position, run] of runs.entries()) {
      const own = withDatasetSettings(options, run.options);
      for (const id of await finishedShards(output, run, runs[position + 1], own)) {
        const samples = await listedRows(output, own, id, list);
        for (const { reason } of samples) removed.set(reason, (removed.get(reason) ?? 0) + 1);
        shards[samples.length > 0 ? 'rewritten' : 'unchanged'] += 1;
        if (samples.length > 0)
          await takeOut({ output, options: own, id, samples, source, scratch: await makeScratch(scratch) });
        else await removeLeftParts(output, own, id);
      }
    }
    await closeRemoved(store);
    await refreshAttribution(output, options, onNotice);
    await refreshLoaderFiles(output, onNotice);
    await store.recover();
  } finally {
    await removeScratch(scratch);
    await unlock();
  }
  return { output, removed, shards };
}
