import { outputError } from '../../core/errors.ts';
import { removeShard } from '../../output/dataset/remove.ts';
import { rewriteShardFiles } from '../../output/loader-files/rewrite-shard-files.ts';
import { openStore } from '../../output/store/open-store.ts';
import type { VerifyReport } from '../../output/verify/verify.ts';
import { type Manifest, writeManifest } from '../dataset/manifest.ts';
import { refreshLoaderFiles } from '../dataset/refresh-loader-files.ts';
import { mergeCommand, resumeCommand } from '../dataset/resume-command.ts';

/**
 * What was done with a broken shard: `left` if it belongs to no run of the manifest, `refreshed` if only its loader files
 * had to be written again.
 */
export interface RepairedShard {
  readonly shard: string;
  readonly action: 'removed' | 'missing' | 'left' | 'refreshed';
}

export interface Repair {
  readonly shards: readonly RepairedShard[];
  /** Files of the dataset for loaders that were written again, unless shards were broken and the download writes them. */
  readonly files?: readonly string[];
  /** Command lines that create the removed and missing shards again. */
  readonly commands: readonly string[];
}

/**
 * Removes the files of broken shards, statistics first, and marks their runs as unfinished, so that the commands of the
 * runs create exactly these shards again. Writes stale loader files again. The caller must hold the lock of the output.
 */
export async function repairShards(
  output: string,
  manifest: Manifest,
  { broken, stale }: Pick<VerifyReport, 'broken' | 'stale'>,
): Promise<Repair> {
  const shards: RepairedShard[] = [];
  const reopened = new Set<number>();
  for (const { shard, run } of broken) {
    if (run === null) {
      shards.push({ shard, action: 'left' });
      continue;
    }
    reopened.add(run);
    shards.push({ shard, action: (await remove(output, shard)) ? 'removed' : 'missing' });
  }
  for (const shard of stale) {
    await rewriteShardFiles(openStore(output), shard);
    shards.push({ shard, action: 'refreshed' });
  }
  const runs = manifest.runs.map((run, position) =>
    reopened.has(position) ? { ...run, finished: null } : run,
  );
  if (reopened.size > 0) await writeManifest(output, { ...manifest, runs });
  const files = await refreshLoaderFiles(output, () => {});
  const commands = runs
    .filter((_, position) => reopened.has(position))
    .map((run) => (run.merged === undefined ? resumeCommand(output, run) : mergeCommand(output, runs)));
  const ended = reopened.size === 0 && files.length > 0 ? { files } : {};
  return { shards, ...ended, commands: [...new Set(commands)] };
}

async function remove(output: string, shard: string): Promise<boolean> {
  try {
    return await removeShard(openStore(output), shard);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw outputError(`Cannot remove shard ${shard} in '${output}': ${reason}; move it away by hand`, error);
  }
}
