import { basename, dirname, resolve } from 'node:path';
import { datasetSettings, type Options } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import type { IndexSource } from '../inputs/file/index-file.ts';
import { findSources } from '../inputs/sources.ts';
import { readStats } from '../output/metadata/stats.ts';
import { openStore } from '../output/store/open-store.ts';
import { parseShardFileName, shardFileName } from '../shards/files.ts';
import { shardName } from '../shards/names.ts';
import { VERSION } from '../util/version.ts';
import { readHostTable, writeHostTable } from './dataset/host-table.ts';
import { lockOutput } from './dataset/lock-output.ts';
import { type ManifestInput, reachOf } from './dataset/manifest.ts';
import { finishRun, makeOutputFolder, type PreparedOutput, prepareOutput } from './dataset/prepare-output.ts';
import { Engine, type EngineIo } from './engine/engine.ts';
import type { RunListener } from './engine/events.ts';
import { Tally } from './engine/tally.ts';
import { assignShards } from './index/assign-shards.ts';
import { fingerprintFile } from './index/fingerprint.ts';
import { type OpenedIndex, openIndexFiles } from './index/open-index.ts';
import { datasetShape } from './stages/stage-settings.ts';
import { Writer } from './threads/writer.ts';

export interface DownloadRequest {
  readonly options: Options;
  readonly patterns: readonly string[];
  readonly output: string;
  readonly emit: RunListener;
  readonly signal: AbortSignal;
}

/** What a run came to; times in seconds. */
export interface RunSummary {
  readonly output: string;
  /** Outcomes of the rows that this start of the run settled. */
  readonly tally: Tally;
  /** Outcomes of rows that earlier starts of the run had settled. */
  readonly before: Tally;
  /** Those of them that stood in no finished shard yet and were taken over from its spool. */
  readonly takenOver: number;
  readonly shards: { readonly written: number; readonly before: number };
  /** Rows left out because earlier ones have their URLs. */
  readonly droppedDuplicates: number;
  /** Settled rows of shards that an interrupt left unfinished; the next start takes them over. */
  readonly unwrittenRows: number;
  readonly seconds: number;
  readonly interrupted: boolean;
}

/** The main job: index in, dataset out. */
export async function download(request: DownloadRequest): Promise<RunSummary> {
  const { options, patterns, output, emit } = request;
  const startedAt = performance.now();
  const sources = await findSources(
    patterns,
    options.inputFormat === null ? {} : { inputFormat: options.inputFormat },
  );
  const survey = await openIndexFiles(sources, options, (message) => emit({ type: 'notice', message }));
  try {
    refuseInputsAmongShards(sources, output);
    await makeOutputFolder(output);
    const unlock = await lockOutput(output);
    try {
      const figures = await downloadInto(request, sources, survey);
      return { output, ...figures, seconds: (performance.now() - startedAt) / 1000 };
    } finally {
      await unlock();
    }
  } finally {
    // A run that ends before its first row has not come to where an input is closed.
    await Promise.all(survey.files.map(({ opened }) => opened?.close()));
  }
}

async function downloadInto(
  { options, output, emit, signal }: DownloadRequest,
  sources: readonly IndexSource[],
  survey: OpenedIndex,
): Promise<Omit<RunSummary, 'output' | 'seconds'>> {
  const inputs = await Promise.all(sources.map(describeInput));
  const place = await prepareOutput(output, options, {
    inputs,
    options: datasetSettings(options),
    versions: { 'laion-fetch': VERSION, node: process.versions.node },
    ...reachOf(options),
    startedAt: new Date().toISOString(),
  });

  const before = await tallyDone(place, options);
  const { size: shardsDone } = place.done;
  emit({
    type: 'started',
    rows: countRows(survey, options),
    inputs: sources.length,
    shardsDone,
    rowsDone: before.rows,
  });

  const tally = new Tally();
  const written = { shards: 0, rows: 0 };
  let [droppedDuplicates, takenOver] = [0, 0];
  const listen: RunListener = (event) => {
    if (event.type === 'sample') tally.add(event.outcome, event.bytes);
    if (event.type === 'taken-over') {
      before.add(event.outcome, 0);
      takenOver += 1;
    }
    if (event.type === 'shard') {
      written.shards += 1;
      written.rows += event.count;
    }
    emit(event);
  };
  const onDropped = (rows: number): void => {
    droppedDuplicates += rows;
  };
  const writer = new Writer();
  const engine = Engine.start({
    options,
    io: downloadWork({ options, survey, place, writer, emit, onDropped }),
    scratch: place.scratch,
    run: place.fingerprint,
    hosts: await readHostTable(output),
    signal,
    emit: listen,
  });
  const extent = await engine.run().finally(() => writer.close());
  await writeHostTable(output, engine.hostRecords());
  if (extent !== null) await finishRun(place, extent);
  return {
    tally,
    before,
    takenOver,
    shards: { written: written.shards, before: shardsDone },
    droppedDuplicates,
    unwrittenRows: takenOver + tally.rows - written.rows,
    interrupted: extent === null,
  };
}

interface WorkPlan {
  readonly options: Options;
  readonly survey: OpenedIndex;
  readonly place: PreparedOutput;
  readonly writer: Writer;
  readonly emit: RunListener;
  readonly onDropped: (rows: number) => void;
}

/** Every row of the index that no finished shard holds, and shards written anew. */
function downloadWork({ options, survey, place, writer, emit, onDropped }: WorkPlan): EngineIo {
  const { output, firstShard, done } = place;
  const shape = datasetShape(options, survey);
  const onNotice = (message: string): void => emit({ type: 'notice', message });
  return {
    readBatches: (signal) =>
      assignShards({ options, index: survey, firstShard, done, signal, onNotice, onDropped }),
    writeShard: async ({ id, rows, spool, startedAt }) =>
      writer.write({
        id,
        rows,
        contents: await spool.contents(),
        shape,
        output,
        times: { startedAt, endedAt: Date.now() },
        version: VERSION,
      }),
  };
}

/** An index that stands where a shard will stand would be overwritten while it is read. */
function refuseInputsAmongShards(sources: readonly IndexSource[], output: string): void {
  for (const { name, path } of sources) {
    if (path === null || resolve(dirname(path)) !== resolve(output)) continue;
    if (parseShardFileName(basename(path)) === null) continue;
    throw usageError(
      `Cannot write to '${output}': the index '${name}' has the name of a shard there; name another folder`,
    );
  }
}

async function describeInput({ name, path }: IndexSource): Promise<ManifestInput> {
  return path === null
    ? { name, bytes: null, fingerprint: null }
    : { name, ...(await fingerprintFile(path)) };
}

/** Outcomes in the shards that earlier starts of the run finished. */
async function tallyDone({ output, done }: PreparedOutput, { oomShardCount }: Options): Promise<Tally> {
  const store = openStore(output);
  const tally = new Tally();
  for (const id of done) {
    const name = shardFileName(shardName(id, { shardDigits: oomShardCount }), 'stats');
    const stats = await readStats(store, name);
    tally.addCounts(stats.successes, stats.failure_codes);
  }
  return tally;
}

/** Rows of the whole index that the options select; null where only reading tells. */
function countRows({ files }: OpenedIndex, { limit, sample, dedupe, duplicates }: Options): number | null {
  const isThinned = sample !== null || (dedupe === 'url' && duplicates === 'drop');
  let rows = 0;
  for (const { rowCount } of files) {
    if (rowCount === null || isThinned) return null;
    rows += rowCount;
  }
  return Math.min(rows, limit ?? rows);
}
