import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { Options } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import { parseStoreLocation } from '../core/store-schemes.ts';
import { findForeignFiles, findShards, readLedger } from '../output/dataset/ledger.ts';
import { requiredKinds } from '../output/formats/formats.ts';
import { openStore } from '../output/store/open-store.ts';
import { shardFileName } from '../shards/files.ts';
import { plural } from '../util/text/units.ts';
import { mergeEvidence } from './dataset/evidence.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import { type Manifest, type ManifestRun, readManifest, writeManifest } from './dataset/manifest.ts';
import { makeOutputFolder } from './dataset/prepare-output.ts';
import { refreshLoaderFiles } from './dataset/refresh-loader-files.ts';
import { pointsToDuplicates } from './index/reserved-names.ts';
import { keepRemoved } from './merge/keep-removed.ts';
import { mergeShard } from './merge/merge-shard.ts';
import { type MergePlan, planMerge, type Source } from './merge/plan-merge.ts';
import { refuseSameKeys } from './merge/refuse-same-keys.ts';

export interface MergeRequest {
  /** Where the merged dataset is written. */
  readonly output: string;
  /** The datasets, in the order of their samples. */
  readonly sources: readonly string[];
  /** Options that decide nothing about a dataset. */
  readonly options: Options;
  /** Whether keys that rows gave to samples become numbers. */
  readonly renumber: boolean;
  readonly onNotice: (message: string) => void;
  /** Called with each shard that is done. */
  readonly onShard?: (done: number, shards: number) => void;
  /** Aborting ends the merger between two shards. */
  readonly signal?: AbortSignal | undefined;
}

export interface Merger {
  readonly output: string;
  readonly datasets: number;
  readonly shards: number;
  /** Shards that were there already. */
  readonly shardsBefore: number;
  /** In the shards that this start has written. */
  readonly rows: number;
  readonly samples: number;
}

/**
 * Writes finished datasets of one format as one dataset. Images and outcomes stay; shards are numbered on, and so are
 * keys that are numbers. The sources are only read. The same call resumes. Throws a UserError for what a user can correct, and the
 * reason of `signal` when that is aborted.
 */
export async function merge(request: MergeRequest): Promise<Merger> {
  const { output, sources, options, renumber, onNotice, onShard, signal } = request;
  const plan = planMerge(await readSources(output, sources), options, renumber);
  if (renumber) refuseNamedPointers(plan);
  await makeOutputFolder(output);
  const unlock = await lockOutput(output);
  try {
    const store = openStore(output);
    await store.recover();
    const existing = await readManifest(output);
    await refuseOtherDataset(output, existing, plan);
    if (existing === null) await refuseSameKeys(plan);
    if (!isFinished(existing)) await writeManifest(output, manifestOf(plan, existing, false));
    const [first] = plan.shards;
    const { done } = await readLedger(store, requiredKinds(first?.after.outputFormat ?? 'none'));
    const before = plan.shards.filter(({ to }) => done.has(to)).length;
    const [counts, shards] = [{ rows: 0, samples: 0 }, plan.shards.length];
    let finished = before;
    for (const shard of plan.shards.filter(({ to }) => !done.has(to))) {
      signal?.throwIfAborted();
      const { rows, samples } = await mergeShard(shard, output);
      counts.rows += rows;
      counts.samples += samples;
      finished += 1;
      onShard?.(finished, shards);
    }
    await mergeEvidence(output, sources);
    const taken = await keepRemoved(output, sources, plan.shards, options);
    if (taken > 0)
      onNotice(`left out ${plural(taken, 'sample')} with URLs that were taken out of one of the datasets`);
    counts.samples -= Math.min(taken, counts.samples);
    await writeManifest(output, manifestOf(plan, existing, true));
    await refreshLoaderFiles(output, onNotice);
    await store.recover();
    return { output, datasets: sources.length, shards, shardsBefore: before, ...counts };
  } finally {
    await unlock();
  }
}

async function readSources(output: string, names: readonly string[]): Promise<readonly Source[]> {
  const sources: Source[] = [];
  const seen = new Set([await placeOf(output)]);
  for (const name of names) {
    const place = await placeOf(name);
    if (seen.has(place)) {
      const what = sources.some((source) => source.output === name)
        ? 'it is named twice'
        : 'it is the output';
      throw usageError(`Cannot merge '${name}': ${what}; name each dataset once, and a new folder first`);
    }
    seen.add(place);
    const manifest = await readManifest(name);
    if (manifest === null || manifest.runs.length === 0) {
      const remedy =
        'name a folder that was an --output; one of img2dataset is adopted first (laion-fetch adopt)';
      throw usageError(`Cannot merge '${name}': there is no dataset of laion-fetch; ${remedy}`);
    }
    if (manifest.runs.some(({ columns }) => columns?.unfinished))
      throw usageError(
        `Cannot merge '${name}': its columns are being changed; finish that first, with its own command (laion-fetch columns)`,
      );
    if (!isFinished(manifest))
      throw usageError(
        `Cannot merge '${name}': its run is not finished; finish it first, with its own command`,
      );
    sources.push({ output: name, manifest, digest: await statisticsDigest(name) });
  }
  return sources;
}

const isFinished = (manifest: Manifest | null): boolean =>
  manifest?.runs.every(({ finished }) => finished !== null) ?? false;

const placeOf = (output: string): Promise<string> =>
  parseStoreLocation(output) === null
    ? realpath(output).catch(() => output)
    : Promise.resolve(output.replace(/\/+$/, ''));

/** Statistics have the digests of all files of a shard. */
async function statisticsDigest(output: string): Promise<string> {
  const store = openStore(output);
  const digest = createHash('sha256');
  const shards = (await findShards(store)).filter(({ kinds }) => kinds.has('stats'));
  for (const { shard } of shards.sort((a, b) => a.id - b.id)) {
    digest.update(`${shard}\n`).update((await store.read(shardFileName(shard, 'stats'))) ?? '');
  }
  return digest.digest('hex');
}

/** `existing`: what is there, which may have been extended since it was merged. */
function manifestOf({ runs }: MergePlan, existing: Manifest | null, isDone: boolean): Manifest {
  const merged = isDone ? runs : runs.map((run) => ({ ...run, finished: null }));
  return { format: 1, runs: [...merged, ...(existing?.runs.slice(runs.length) ?? [])] };
}

/** What does not depend on how far the merger has come. */
const identityOf = (runs: readonly ManifestRun[]): string =>
  JSON.stringify(
    runs.map(({ firstShard, inputs, options, merged }) => [firstShard, inputs, options, merged]),
  );

async function refuseOtherDataset(output: string, existing: Manifest | null, plan: MergePlan): Promise<void> {
  if (existing === null) {
    const [stranger] = await findForeignFiles(openStore(output));
    const shards = await findShards(openStore(output));
    if (shards.length === 0) return;
    const found = stranger ?? shards[0]?.names[0] ?? '';
    throw usageError(`Cannot merge into '${output}': '${found}' is there already; name a new folder`);
  }
  if (identityOf(existing.runs.slice(0, plan.runs.length)) === identityOf(plan.runs)) return;
  const isMerger = existing.runs.some(({ merged }) => merged !== undefined);
  const what = isMerger
    ? 'it was begun with other datasets, in another order, or with datasets that have changed since'
    : 'it holds another dataset';
  throw usageError(`Cannot merge into '${output}': ${what}; name a new folder`);
}

/** A pointer is a key, and of a key of another kind nothing tells its new number. */
function refuseNamedPointers({ shards }: MergePlan): void {
  const found = shards.find(({ before }) => before.keyCol !== null && pointsToDuplicates(before));
  if (found === undefined) return;
  throw usageError(
    `Cannot merge '${found.source}' with --renumber: its column duplicate_of points to keys that would be gone; ` +
      'leave --renumber out',
  );
}
