import { outputError } from '../../core/errors.ts';
import { removeShard } from '../../output/dataset/remove.ts';
import { openStore } from '../../output/store/open-store.ts';
import type { BrokenShard } from '../../output/verify/dataset-plan.ts';
import { type Manifest, writeManifest } from '../dataset/manifest.ts';
import { resumeCommand } from '../dataset/resume-command.ts';

/** What was done with a broken shard: `left` if it belongs to no run of the manifest. */
export interface RepairedShard {
  readonly shard: string;
  readonly action: 'removed' | 'missing' | 'left';
}

export interface Repair {
  readonly shards: readonly RepairedShard[];
  /** Command lines that create the removed and missing shards again. */
  readonly commands: readonly string[];
}

/**
 * Removes the files of broken shards, statistics first, and marks their runs as unfinished, so that the commands of the
 * runs create exactly these shards again. The caller must hold the lock of the output.
 */
export async function repairShards(
  output: string,
  manifest: Manifest,
  broken: readonly BrokenShard[],
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
  const runs = manifest.runs.map((run, position) =>
    reopened.has(position) ? { ...run, finished: null } : run,
  );
  if (reopened.size > 0) await writeManifest(output, { ...manifest, runs });
  const commands = runs
    .filter((_, position) => reopened.has(position))
    .map((run) => resumeCommand(output, run));
  return { shards, commands };
}

async function remove(output: string, shard: string): Promise<boolean> {
  try {
    return await removeShard(openStore(output), shard);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw outputError(`Cannot remove shard ${shard} in '${output}': ${reason}; move it away by hand`, error);
  }
}
