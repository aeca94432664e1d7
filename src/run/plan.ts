import type { Options } from '../config/resolve.ts';
import type { IndexFile } from '../inputs/file/index-file.ts';
import { openIndex } from '../inputs/open.ts';
import { shardCount } from '../shards/plan.ts';
import { machineLimits } from '../util/machine/machine-limits.ts';
import { findIndexFiles } from './index/files/find-index-files.ts';
import { type OpenedFile, openIndexFiles } from './index/open-index.ts';
import { countFile } from './plan/count-file.ts';
import { IndexCounter, type IndexCounts } from './plan/count-index.ts';
import { type DecodingCost, measureDecoding } from './plan/measure-decoding.ts';
import { type Limits, meanArea, type Prediction, predict } from './plan/predict.ts';
import { type MachinesPrediction, predictMachines } from './plan/predict-machines.ts';
import { countLanes } from './threads/share-options.ts';

/** What a download would do, according to the index. */
export interface DownloadPlan {
  readonly files: number;
  /** Total size of the files; null if one is standard input. */
  readonly bytes: number | null;
  readonly shards: number;
  readonly columns: ColumnNames;
  readonly counts: IndexCounts;
  readonly limits: Limits;
  readonly cost: DecodingCost;
  readonly prediction: Prediction;
  /** The same run on several machines, by the limit of connections to one host; absent if nobody asked. */
  readonly machines?: readonly MachinesPrediction[];
}

/** Names of the columns by their roles; `url` is null only if the index is empty. */
interface ColumnNames {
  readonly url: string | null;
  readonly caption: string | null;
  readonly carried: readonly string[];
}

export interface PlanRequest {
  readonly signal?: AbortSignal;
  /** Number of machines to predict the time for as well. */
  readonly machines?: number | null;
}

/**
 * Reads the whole index in bounded memory and measures this machine for a second. Fetches nothing. Rejects with the
 * reason of `signal` when that is aborted.
 */
export async function planDownload(
  patterns: readonly string[],
  options: Options,
  onNotice: (message: string) => void,
  { signal = new AbortController().signal, machines = null }: PlanRequest = {},
): Promise<DownloadPlan> {
  const sources = await findIndexFiles(patterns, options);
  const opened = await openIndexFiles(sources, options, onNotice);
  const ports = options.allowPrivate.length > 0 ? null : options.ports;
  const counter = new IndexCounter((port) => ports?.includes(port) ?? true, options);
  let columns: ColumnNames = { url: null, caption: null, carried: [] };
  let [shards, rows] = [0, 0];
  for (const [position, file] of opened.files.entries()) {
    const limit = (options.limit ?? Number.POSITIVE_INFINITY) - rows;
    if (limit <= 0) {
      await file.opened?.close();
      continue;
    }
    const index = file.opened ?? (await openIndex(file.source, { ...file.options, onNotice }));
    try {
      if (position === 0) columns = nameColumns(index, file);
      const taken = await countFile(index, { file, position, limit, options, ports, counter, signal });
      shards += shardCount(taken, options.numberSamplePerShard);
      rows += taken;
    } finally {
      await index.close();
    }
  }
  const counts = counter.result;
  const limits = limitsOf(options);
  const cost = await measureDecoding(options, meanArea(counts));
  const prediction = predict(counts, limits, cost);
  const bytes = sources.map((source) => source.bytes);
  return {
    files: sources.length,
    bytes: bytes.every((size) => size !== null) ? bytes.reduce((sum, size) => sum + size, 0) : null,
    shards,
    columns,
    counts,
    limits,
    cost,
    prediction,
    ...(machines === null ? {} : { machines: predictMachines(machines, prediction, counts, limits) }),
  };
}

function limitsOf(options: Options): Limits {
  const { decoders, concurrency, perHost, timeoutMs, retries, outputFormat } = options;
  return {
    cores: machineLimits().cores,
    decoders,
    lanes: countLanes(options),
    concurrency,
    perHost,
    timeoutMs,
    retries,
    perHostRate: options.perHostRate,
    rate: options.rate,
    bandwidth: options.bandwidth,
    stores: outputFormat !== 'none',
  };
}

function nameColumns(index: IndexFile, { choice }: OpenedFile): ColumnNames {
  const name = (position: number | null): string | null =>
    position === null ? null : (index.columns[position]?.name ?? null);
  return {
    url: name(choice.url),
    caption: name(choice.caption),
    carried: choice.extra.map(({ column }) => column.name),
  };
}
