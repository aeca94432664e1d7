import { createHash } from 'node:crypto';
import { type Options, withDatasetSettings } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import { RESERVED_COLUMNS } from '../core/reserved-columns.ts';
import type { ShardId } from '../core/samples.ts';
import { findName } from '../inputs/columns.ts';
import { readStats } from '../output/metadata/stats.ts';
import { openStoredShard, type StoredShard } from '../output/read/stored-shard.ts';
import { openStore } from '../output/store/open-store.ts';
import { removeOldParts } from '../output/write/further-parts.ts';
import { rewriteShard } from '../output/write/rewrite-shard.ts';
import { shardFileName } from '../shards/files.ts';
import { shardName } from '../shards/names.ts';
import { planShards } from '../shards/plan.ts';
import { listNames } from '../util/text/list-names.ts';
import { plural } from '../util/text/units.ts';
import { VERSION } from '../util/version.ts';
import { changeColumns } from './columns/changed-columns.ts';
import { type AddedColumns, readTable } from './columns/read-table.ts';
import { describeInput } from './dataset/describe-input.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import { type Manifest, type ManifestRun, readManifest, writeManifest } from './dataset/manifest.ts';
import { refreshLoaderFiles } from './dataset/refresh-loader-files.ts';
import { makeScratch, removeScratch, scratchFolder } from './dataset/scratch.ts';
import { findIndexFiles } from './index/files/find-index-files.ts';
import { reservedNames } from './index/reserved-names.ts';
import { datasetShape } from './stages/stage-settings.ts';

export interface ColumnsRequest {
  readonly output: string;
  /** Names of columns of the table to add; empty for none. */
  readonly add: readonly string[];
  /** Names of columns to remove. */
  readonly drop: readonly string[];
  /** Files of the table. */
  readonly from: readonly string[];
  /** The column that names rows, in the table and in the dataset; null for `key`, or else the URL. */
  readonly on: string | null;
  readonly options: Options;
  readonly onNotice: (message: string) => void;
  /** Called with each shard that is done. */
  readonly onShard?: (done: number, shards: number) => void;
  /** Aborting ends the change between two shards. */
  readonly signal?: AbortSignal | undefined;
}

export interface ColumnsChanged {
  readonly output: string;
  readonly added: readonly string[];
  readonly dropped: readonly string[];
  readonly shards: number;
  /** Shards that an earlier start has changed. */
  readonly shardsBefore: number;
  /** In the shards that this start has written. */
  readonly rows: number;
  /** Rows among these without a row of the table. */
  readonly withoutValue: number;
}

/** A shard with the options of its run. */
interface Place {
  readonly name: string;
  readonly options: Options;
}

/**
 * Adds columns of a table to a finished dataset, and removes columns that came from an index: in the metadata and in the
 * samples, whose images stay. Each shard changes at once; the same call resumes. Throws a UserError for what a user can
 * correct, and the reason of `signal` when that is aborted.
 */
export async function changeDatasetColumns(request: ColumnsRequest): Promise<ColumnsChanged> {
  const { output, add, drop, options } = request;
  refuseContradictions(request);
  await finishedManifest(output);
  const sources = add.length === 0 ? [] : await findIndexFiles(request.from, options);
  const inputs = await Promise.all(sources.map(describeInput));
  const identity = JSON.stringify([add, drop, request.on, inputs.map(({ fingerprint }) => fingerprint)]);
  const change = createHash('sha256').update(identity).digest('hex');
  const unlock = await lockOutput(output);
  const scratch = scratchFolder(output, options.scratch, null);
  let table: AddedColumns | null = null;
  try {
    const store = openStore(output);
    await store.recover();
    const manifest = await finishedManifest(output);
    const runs = manifest.runs.map((run) => placesOf(run, options));
    await makeScratch(scratch);
    if (add.length > 0) table = await readTable(sources, { ...request, names: add, scratch });
    if (table !== null && table.repeated > 0) {
      const rows = `${plural(table.repeated, 'row')} of the table ${table.repeated === 1 ? 'repeats' : 'repeat'}`;
      request.onNotice(`${rows} a value of '${table.on}'; the first row counts`);
    }
    await refuseNames(request, manifest, runs, table);
    const names = [...new Set([...add, ...drop])];
    await writeManifest(output, withChange(manifest, names, true));
    const figures = await changeShards(request, runs.flat(), { change, table });
    await writeManifest(output, withChange(manifest, names, false));
    await refreshLoaderFiles(output, request.onNotice);
    await store.recover();
    return { output, added: add, dropped: drop, shards: runs.flat().length, ...figures };
  } finally {
    table?.values.close();
    await removeScratch(scratch);
    await unlock();
  }
}

async function changeShards(
  { output, drop, onShard, signal }: ColumnsRequest,
  places: readonly Place[],
  { change, table }: { readonly change: string; readonly table: AddedColumns | null },
): Promise<Pick<ColumnsChanged, 'shardsBefore' | 'rows' | 'withoutValue'>> {
  const store = openStore(output);
  const figures = { shardsBefore: 0, rows: 0, withoutValue: 0 };
  const onMissing = (): void => {
    figures.withoutValue += 1;
  };
  for (const [at, { name, options }] of places.entries()) {
    signal?.throwIfAborted();
    const known = await readStats(store, shardFileName(name, 'stats'));
    if (known.columns === change) {
      figures.shardsBefore += 1;
      await removeOldParts(store, name, datasetShape(options, NO_INDEX), known);
      continue;
    }
    const stored = await openStoredShard(store, name, reservedNames(options));
    const on = table && { ...table, on: columnOn(table.on, stored, output) };
    const { columns, toRow } = changeColumns(
      stored.columns,
      stored.carried,
      { drop: new Set(drop), add: on },
      onMissing,
    );
    const { count } = await rewriteShard({
      from: { store, name, stored },
      to: { store, name, kind: 'replacement' },
      shape: datasetShape(options, NO_INDEX),
      columns,
      toRows: (rows) => rows.map(toRow),
      version: VERSION,
      change,
    });
    figures.rows += count;
    onShard?.(at + 1, places.length);
  }
  return figures;
}

function refuseContradictions({ add, drop, from, on }: ColumnsRequest): void {
  for (const [flag, names] of [['add', add] as const, ['drop', drop] as const]) {
    if (new Set(names).size < names.length)
      throw usageError(`--${flag}: expected names of columns, each once, got '${names.join(',')}'`);
  }
  if (add.length === 0 && drop.length === 0)
    throw usageError('expected --add with --from, or --drop, got neither');
  if ((add.length === 0) !== (from.length === 0))
    throw usageError('--add and --from belong together: expected both, got only one');
  if (on !== null && add.length === 0)
    throw usageError('--on works only with --add: expected both, got --on alone');
  const both = add.find((name) => drop.includes(name));
  if (both !== undefined)
    throw usageError(`--add and --drop both name '${both}': --add alone replaces a column; name it once`);
}

const NO_INDEX = { columns: [], caption: false };

function columnOn(on: string, { columns }: StoredShard, output: string): string {
  const names = columns.map(({ name }) => name);
  const found = names[findName(on, names) ?? -1];
  if (found !== undefined) return found;
  throw usageError(
    `Cannot find the column '${on}' of --on in the dataset '${output}', which has ${listNames(names)}`,
  );
}

/** @throws UserError if a name cannot be that of a column of the index, or no run has a column to remove */
async function refuseNames(
  { output, add, drop }: ColumnsRequest,
  { runs }: Manifest,
  places: readonly (readonly Place[])[],
  table: AddedColumns | null,
): Promise<void> {
  // A column that is gone may have been removed by an earlier start.
  const found = new Set(runs.flatMap(({ columns }) => columns?.changed ?? []));
  for (const [first] of places) {
    if (first === undefined) continue;
    const reserved = reservedNames(first.options);
    const own = [...add, ...drop].find((name) => RESERVED_COLUMNS.has(name) || reserved.has(name));
    if (own !== undefined) {
      const remedy = add.includes(own) ? 'give it another name in the table' : 'it cannot be removed';
      throw usageError(
        `Cannot change the columns of '${output}': its samples have a column '${own}' of their own; ${remedy}`,
      );
    }
    const stored = await openStoredShard(openStore(output), first.name, reserved);
    for (const column of stored.carried) found.add(column.name);
    if (table !== null) columnOn(table.on, stored, output);
  }
  const unknown = drop.find((name) => !found.has(name));
  if (unknown === undefined) return;
  const names = listNames([...found]) || 'no columns of an index';
  throw usageError(`Cannot find the column '${unknown}' of --drop in '${output}', which has ${names}`);
}

async function finishedManifest(output: string): Promise<Manifest> {
  const manifest = await readManifest(output);
  if (manifest === null) {
    const remedy =
      'name a folder that was an --output; one of img2dataset is adopted first (laion-fetch adopt)';
    throw usageError(
      `Cannot change the columns of '${output}': there is no dataset of laion-fetch; ${remedy}`,
    );
  }
  const unfinished = manifest.runs.some(({ finished }) => finished === null);
  const isEmpty = manifest.runs.some(({ options }) => options['output-format'] === 'none');
  if (!unfinished && !isEmpty) return manifest;
  const reason = unfinished
    ? 'its run is not finished; finish it first, with its own command'
    : 'it was made with --output-format none and has no columns';
  throw usageError(`Cannot change the columns of '${output}': ${reason}`);
}

function placesOf(run: ManifestRun, given: Options): readonly Place[] {
  const options = withDatasetSettings(given, run.options);
  const first = run.firstShard as ShardId;
  return planShards(run.finished?.fileRows ?? [], options.numberSamplePerShard, first).map(({ id }) => ({
    name: shardName(id, { shardDigits: options.oomShardCount }),
    options,
  }));
}

/** Records which columns may differ from those of the index, before any of them does. */
function withChange(manifest: Manifest, names: readonly string[], unfinished: boolean): Manifest {
  const runs = manifest.runs.map((run) => {
    const changed = [...new Set([...(run.columns?.changed ?? []), ...names])].sort();
    return { ...run, columns: { changed, unfinished } };
  });
  return { ...manifest, runs };
}
