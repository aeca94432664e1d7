import type { Options } from '../../config/resolve.ts';
import { readLedger } from '../../output/dataset/ledger.ts';
import { requiredKinds } from '../../output/formats/formats.ts';
import { openStore } from '../../output/store/open-store.ts';
import { planShards } from '../../shards/plan.ts';
import type { RunListener } from '../engine/events.ts';
import { readManifest, runFingerprint } from './manifest.ts';
import { finishRun, type PreparedOutput } from './prepare-output.ts';
import { refreshLoaderFiles } from './refresh-loader-files.ts';
import { recoverAllRuleFiles } from './rule-journal.ts';
import { removePartScratch, removeScratch } from './scratch.ts';

interface EndedRun {
  readonly prepared: PreparedOutput;
  readonly options: Options;
  /** Rows of each index file; null if the run was interrupted. */
  readonly extent: readonly number[] | null;
  readonly emit: RunListener;
}

/**
 * Leaves the dataset as a whole one if all its shards are there, and ready to be resumed otherwise. Of machines that share
 * the shards, the last one to end finds them all. The caller holds the lock. Returns whether the dataset is whole.
 */
export async function endRun({ prepared, options, extent, emit }: EndedRun): Promise<boolean> {
  const { output } = prepared;
  const isShared = prepared.sharer !== null;
  if (extent !== null) await removeScratch(prepared.scratch);
  const isWhole = extent !== null && (!isShared || (await isComplete(prepared, options, extent)));
  // First, so that a finished dataset has all its files.
  if (isWhole || !isShared) await refreshLoaderFiles(output, (message) => emit({ type: 'notice', message }));
  if (isWhole) {
    if (isShared) await recoverAllRuleFiles(output, prepared.scratch);
    await finishRun(prepared, extent);
    // Last, so that a machine that still works there finds the run finished when its files are gone.
    await removePartScratch(output, options.scratch);
  }
  await openStore(output).recover(isWhole || !isShared ? undefined : 'may-write');
  return isWhole;
}

/**
 * The extent of the index if other machines have finished the run meanwhile; null if shards are missing. They have removed
 * what only machines at work need, also under one that was frozen, or that did the same part.
 */
export async function extentIfFinished(
  prepared: PreparedOutput,
  options: Options,
): Promise<readonly number[] | null> {
  const { output, run, fingerprint } = prepared;
  const manifest = await readManifest(output);
  const finished = manifest?.runs[run]?.finished ?? null;
  if (manifest === null || finished === null || runFingerprint(manifest, run) !== fingerprint) return null;
  return (await isComplete(prepared, options, finished.fileRows)) ? finished.fileRows : null;
}

/** Whether every shard of the index is there, whoever wrote it. */
async function isComplete(
  { output, firstShard }: PreparedOutput,
  { numberSamplePerShard, outputFormat }: Options,
  extent: readonly number[],
): Promise<boolean> {
  const { done } = await readLedger(openStore(output), requiredKinds(outputFormat));
  return planShards(extent, numberSamplePerShard, firstShard).every(({ id }) => done.has(id));
}
