import { readlink, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Options } from '../../config/resolve.ts';
import { outputError, usageError } from '../../core/errors.ts';
import type { ShardId } from '../../core/samples.ts';
import { parseStoreLocation } from '../../core/store-schemes.ts';
import {
  findImg2dataset,
  type Img2datasetFolder,
  isLeftover,
  removeScratchOf,
} from '../../output/dataset/img2dataset.ts';
import { findForeignFiles, readLedger } from '../../output/dataset/ledger.ts';
import { removeDataset } from '../../output/dataset/remove.ts';
import { requiredKinds } from '../../output/formats/formats.ts';
import { removeAttribution } from '../../output/loader-files/attribution-facts.ts';
import { removeDatasetFiles } from '../../output/loader-files/written-files.ts';
import { parseImg2datasetStats } from '../../output/metadata/img2dataset-stats.ts';
import { openStore } from '../../output/store/open-store.ts';
import type { Store } from '../../output/store/store.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import { hasErrno } from '../../util/files/errno.ts';
import { makeFolders } from '../../util/files/make-folders.ts';
import { clearScratch } from '../engine/open-shard.ts';
import { mustBeAdopted } from './adopt-first.ts';
import { withAllParts } from './complete-parts.ts';
import {
  describeDifference,
  type Manifest,
  type ManifestRun,
  readManifest,
  refuseLostDenyList,
  runFingerprint,
  withReach,
  writeManifest,
} from './manifest.ts';
import { adoptCommand } from './resume-command.ts';
import { recoverRuleFiles } from './rule-journal.ts';
import { scratchFolder } from './scratch.ts';

/** Where a run writes, and which of its shards exist already. */
export interface PreparedOutput {
  readonly output: string;
  /** Name of this machine among those that share the dataset; null if it is alone. */
  readonly sharer: string | null;
  /** Folder for unfinished shards; holds what an earlier start of the run left. */
  readonly scratch: string;
  readonly firstShard: ShardId;
  /** Shards that earlier starts of this run finished. */
  readonly done: ReadonlySet<ShardId>;
  readonly manifest: Manifest;
  /** Position of this run in the manifest. */
  readonly run: number;
  /** Identifies this run. */
  readonly fingerprint: string;
}

/**
 * Prepares the dataset's folder as `--incremental-mode` says, and records this run in the manifest. Resumes an interrupted
 * run if index and options are the same; otherwise throws a UserError that names the difference.
 */
export async function prepareOutput(
  output: string,
  options: Options,
  planned: Omit<ManifestRun, 'firstShard' | 'finished'>,
  sharer: string | null,
): Promise<PreparedOutput> {
  const store = openStore(output);
  await store.recover(sharer === null ? undefined : 'may-write');
  const existing = await readManifest(output);
  // With a manifest, files without statistics are what a crash left of our own shards.
  const img2dataset = existing === null ? await checkUnknownFiles(store, options) : null;
  // Only now: a run that is refused must find everything as it was.
  if (options.incrementalMode === 'overwrite') {
    await removeDatasetFiles(store);
    await removeAttribution(store);
    await removeDataset(store, existing === null ? img2dataset : { shardDigits: options.oomShardCount });
    if (img2dataset !== null) await removeScratchOf(store);
  }
  const known = options.incrementalMode === 'overwrite' ? null : existing;
  const ledger = await readLedger(store, requiredKinds(options.outputFormat));
  const { manifest: chosen, run } = chooseRun(output, options, planned, known, ledger.next);
  refuseLostDenyList(chosen.runs[run], options, `resume in '${output}'`);
  const runs = chosen.runs.map((each, position) => (position === run ? withReach(each, planned) : each));
  const manifest: Manifest = { ...chosen, runs };
  await writeManifest(output, manifest);

  const firstShard = firstShardOf(manifest, run) ?? (0 as ShardId);
  const end = firstShardOf(manifest, run + 1) ?? Number.POSITIVE_INFINITY;
  const isOfRun = (id: ShardId): boolean => id >= firstShard && id < end;
  const own = [...ledger.done].filter(isOfRun);
  const done = new Set(
    manifest.runs[run]?.adopted === undefined
      ? await withAllParts(store, own, options)
      : await adoptedAmong(store, own, options),
  );
  const scratch = scratchFolder(output, options.scratch, sharer);
  const fingerprint = runFingerprint(manifest, run);
  await recoverRuleFiles(output, scratch, sharer !== null);
  await clearScratch(scratch, fingerprint, (id) => isOfRun(id) && !done.has(id));
  return { output, sharer, scratch, firstShard, done, manifest, run, fingerprint };
}

/** The shards of an adopted dataset without those that were not adopted, which are to be written again. */
async function adoptedAmong(
  store: Store,
  done: readonly ShardId[],
  { oomShardCount: shardDigits }: Options,
): Promise<ShardId[]> {
  const ours: ShardId[] = [];
  for (const id of done) {
    const stats = await store.read(shardFileName(shardName(id, { shardDigits }), 'stats'));
    if (stats === null || parseImg2datasetStats(stats.toString('utf8')) === null) ours.push(id);
  }
  return ours;
}

/** Creates the folder of the dataset if it is missing. A store needs none, and its buckets are the user's to create. */
export async function makeOutputFolder(output: string): Promise<void> {
  if (parseStoreLocation(output) !== null) return;
  try {
    await makeFolders(output);
  } catch (error) {
    const reason = await whyNoFolder(error);
    throw outputError(`Cannot create the output folder '${output}': ${reason}; name another folder`, error);
  }
}

async function whyNoFolder(error: unknown): Promise<string> {
  const { path: asked } = error as NodeJS.ErrnoException;
  if (asked === undefined) return String(error);
  // With a slash at its end, a link is followed.
  const path = join(dirname(asked), basename(asked));
  const target = await readlink(path).catch(() => null);
  const isDangling = target !== null && !(await canBeFound(path));
  if (isDangling) return `'${path}' is a symbolic link to '${target}', which is not there`;
  if (hasErrno(error, 'EEXIST', 'ENOTDIR')) return 'a file has that name';
  if (hasErrno(error, 'ENOENT')) return `no folder can be created in '${dirname(path)}' (ENOENT)`;
  return String(error);
}

const canBeFound = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Checks a folder without a manifest. Throws a UserError if img2dataset's dataset there has to be adopted first, or if
 * somebody's file has the name of a shard. Returns what tells that img2dataset wrote the folder.
 */
async function checkUnknownFiles(
  store: Store,
  { incrementalMode }: Options,
): Promise<Img2datasetFolder | null> {
  const img2dataset = await findImg2dataset(store);
  if (img2dataset !== null && incrementalMode === 'incremental') {
    throw usageError(`Cannot resume in '${store.address()}': ${mustBeAdopted(store.address())}`);
  }
  const isReplaced = img2dataset !== null && incrementalMode === 'overwrite';
  for (const name of await findForeignFiles(store)) {
    if (!isReplaced || !(await isLeftover(store, name))) throw strangerError(store, name);
  }
  return img2dataset;
}

function strangerError(store: Store, stranger: string): Error {
  const found = `'${stranger}' has the name of a shard's file, but belongs to no finished shard`;
  return usageError(`Cannot write to '${store.address()}': ${found}; move it or name another folder`);
}

/** Records that every row of the index is in a finished shard. */
export async function finishRun(place: PreparedOutput, fileRows: readonly number[]): Promise<void> {
  // Another machine may have changed it since.
  const { runs } = (await readManifest(place.output)) ?? place.manifest;
  await writeManifest(place.output, {
    format: 1,
    runs: runs.map((run, position) =>
      position === place.run ? { ...run, finished: { at: new Date().toISOString(), fileRows } } : run,
    ),
  });
}

function chooseRun(
  output: string,
  { incrementalMode }: Options,
  planned: Omit<ManifestRun, 'firstShard' | 'finished'>,
  known: Manifest | null,
  nextShard: ShardId,
): { readonly manifest: Manifest; readonly run: number } {
  const runs = known?.runs ?? [];
  const last = runs.at(-1);
  const append = (): { manifest: Manifest; run: number } => ({
    manifest: { format: 1, runs: [...runs, { firstShard: nextShard, ...planned, finished: null }] },
    run: runs.length,
  });
  if (last === undefined) {
    if (nextShard === 0 || incrementalMode === 'extend') return append();
    const what = 'its shards have no manifest, so their index is unknown';
    throw usageError(`Cannot resume in '${output}': ${what}; use --incremental-mode extend or overwrite`);
  }
  if (incrementalMode === 'extend') {
    if (last.finished !== null) {
      refuseRepeatedKeys(output, runs, planned);
      return append();
    }
    const difference = describeDifference(last, planned);
    if (difference === null) return { manifest: { format: 1, runs }, run: runs.length - 1 };
    const remedy = 'finish that run first, with its own command';
    throw usageError(`Cannot extend '${output}': its last run is not finished, and ${difference}; ${remedy}`);
  }
  if (last.adopted !== undefined && last.inputs.length === 0) {
    const what = `it was adopted without its index; name that first: ${adoptCommand(output)}`;
    throw usageError(`Cannot resume in '${output}': ${what}`);
  }
  const isSame = (earlier: ManifestRun): boolean => describeDifference(earlier, planned) === null;
  // Of two runs over the same index, resume the one that a repair has reopened.
  const open = runs.findLastIndex((earlier) => earlier.finished === null && isSame(earlier));
  const run = open === -1 ? runs.findLastIndex(isSame) : open;
  if (run !== -1) return { manifest: { format: 1, runs }, run };
  const remedy = 'use the same index and options, another folder, or --incremental-mode extend or overwrite';
  throw usageError(`Cannot resume in '${output}': ${describeDifference(last, planned)}; ${remedy}`);
}

/** Keys of earlier runs are not compared with new ones, so those have to begin otherwise. */
function refuseRepeatedKeys(
  output: string,
  runs: readonly ManifestRun[],
  { options }: Pick<ManifestRun, 'options'>,
): void {
  const prefixOf = (run: Pick<ManifestRun, 'options'>): string => String(run.options['key-prefix'] ?? '');
  const isNamed = [...runs, { options }].some((run) => (run.options['key-col'] ?? null) !== null);
  const prefix = prefixOf({ options });
  if (!isNamed || !runs.some((run) => prefixOf(run) === prefix)) return;
  const what = `an earlier run may have the same keys, since it has ${prefix === '' ? 'no' : 'the same'} --key-prefix`;
  throw usageError(`Cannot extend '${output}': ${what}; give this run another one, such as --key-prefix b_`);
}

function firstShardOf(manifest: Manifest, run: number): ShardId | undefined {
  return manifest.runs[run]?.firstShard as ShardId | undefined;
}
