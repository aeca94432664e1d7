import { join } from 'node:path';
import { type Options, withDatasetSettings } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import type { ShardId } from '../core/samples.ts';
import { DenyList } from '../fetch/deny-list/deny-list.ts';
import { Spool } from '../output/spool/spool.ts';
import { openStore } from '../output/store/open-store.ts';
import { backfillShard } from '../output/write/backfill-shard.ts';
import { shardName } from '../shards/names.ts';
import { VERSION } from '../util/version.ts';
import { refuseUnadopted } from './dataset/adopt-first.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import { type Manifest, readManifest } from './dataset/manifest.ts';
import { refreshLoaderFiles } from './dataset/refresh-loader-files.ts';
import { makeScratch, removeScratch, scratchFolder } from './dataset/scratch.ts';
import { openDenyList } from './deny-list/read-deny-list.ts';
import { type ListedRow, listedRows } from './remove/listed-rows.ts';
import { recordRemoved } from './remove/removed-list.ts';
import { finishedShards } from './retry/count-failures.ts';
import { datasetShape } from './stages/stage-settings.ts';

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
  await readFinished(output);
  const read = (await openDenyList({ ...options, denyList: lists }, onNotice)).finish(null);
  if (read === null) throw usageError(`Cannot remove from '${output}': name what to remove with --urls FILE`);
  const list = new DenyList(read.table);
  const unlock = await lockOutput(output);
  const store = openStore(output);
  const scratch = scratchFolder(output, options.scratch, null);
  const removed = new Map<string, number>();
  const shards = { rewritten: 0, unchanged: 0 };
  try {
    await store.recover();
    const { runs } = await readFinished(output);
    for (const [position, run] of runs.entries()) {
      const own = withDatasetSettings(options, run.options);
      for (const id of await finishedShards(output, run, runs[position + 1], own)) {
        const rows = await listedRows(output, own, id, list);
        for (const { reason } of rows) removed.set(reason, (removed.get(reason) ?? 0) + 1);
        shards[rows.length > 0 ? 'rewritten' : 'unchanged'] += 1;
        if (rows.length === 0) continue;
        const name = shardName(id, { shardDigits: own.oomShardCount });
        const removals = rows.map(({ row, key, reason }) => ({
          url: row.url ?? '',
          place: `${name} ${key}`,
          reason,
        }));
        // First, so that no later command brings back what a crash leaves.
        await recordRemoved(store, removals, lists.join(', '), new Date());
        await takeOut({ output, options: own, id, rows, scratch: await makeScratch(scratch) });
      }
    }
    await refreshLoaderFiles(output, onNotice);
    await store.recover();
  } finally {
    await removeScratch(scratch);
    await unlock();
  }
  return { output, removed, shards };
}

interface ShardRemoval {
  readonly output: string;
  readonly options: Options;
  readonly id: ShardId;
  readonly rows: readonly ListedRow[];
  readonly scratch: string;
}

/** Replaces a shard by one in which these rows have failed. */
async function takeOut({ output, options, id, rows, scratch }: ShardRemoval): Promise<void> {
  const spool = await Spool.open(join(scratch, 'removed.spool'), options.numberSamplePerShard);
  try {
    await Promise.all(
      rows.map(({ index, row, fetch, reason }) =>
        spool.append(index, {
          row,
          result: { ok: false, code: 'removed', message: `taken out: ${reason}`, fetch },
        }),
      ),
    );
    await backfillShard({
      id,
      spool,
      shape: datasetShape(options, { columns: [], caption: false }),
      store: openStore(output),
      endedAt: Date.now(),
      version: VERSION,
    });
    await spool.remove();
  } finally {
    await spool.close();
  }
}

/** The manifest of a dataset that samples can be taken out of; throws a UserError if they cannot. */
async function readFinished(output: string): Promise<Manifest> {
  const manifest = await readManifest(output);
  if (manifest === null) await refuseUnadopted(output, 'remove from');
  const problem = manifest === null ? 'there is no manifest of a dataset' : whyNot(manifest);
  if (manifest === null || problem !== null) throw usageError(`Cannot remove from '${output}': ${problem}`);
  return manifest;
}

function whyNot({ runs }: Manifest): string | null {
  if (runs.some(({ finished }) => finished === null))
    return 'its run is not finished; finish it first, with its own command';
  return runs.some(({ options }) => options['output-format'] === 'none')
    ? 'it was made with --output-format none and has no samples'
    : null;
}
