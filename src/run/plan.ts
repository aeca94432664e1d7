import type { Options } from '../config/resolve.ts';
import type { Value } from '../core/columns.ts';
import type { IndexFile } from '../inputs/file/index-file.ts';
import { isStreamed } from '../inputs/formats.ts';
import { openIndex } from '../inputs/open.ts';
import { toSampleRow } from '../inputs/sample-row.ts';
import { findSources } from '../inputs/sources.ts';
import { shardCount } from '../shards/plan.ts';
import { machineLimits } from '../util/machine/machine-limits.ts';
import { columnsRead } from './index/assign-shards.ts';
import { type OpenedFile, openIndexFiles } from './index/open-index.ts';
import { selectRows } from './index/select-rows.ts';
import { IndexCounter, type IndexCounts } from './plan/count-index.ts';
import { type DecodingCost, measureDecoding } from './plan/measure-decoding.ts';
import { type Limits, type Prediction, predict } from './plan/predict.ts';
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
}

/** Names of the columns by their roles; `url` is null only if the index is empty. */
interface ColumnNames {
  readonly url: string | null;
  readonly caption: string | null;
  readonly carried: readonly string[];
}

/**
 * Reads the whole index in bounded memory and measures this machine for a second. Fetches nothing. Rejects with the
 * reason of `signal` when that is aborted.
 */
export async function planDownload(
  patterns: readonly string[],
  options: Options,
  onNotice: (message: string) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<DownloadPlan> {
  const sources = await findSources(patterns, { inputFormat: options.inputFormat ?? undefined });
  const opened = await openIndexFiles(sources, options, onNotice);
  const mayAsk = (port: number): boolean => options.allowPrivate.length > 0 || options.ports.includes(port);
  const counter = new IndexCounter(mayAsk, { baseUrl: options.baseUrl });
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
      const taken = await countFile(index, { file, position, limit, options, counter, signal });
      shards += shardCount(taken, options.numberSamplePerShard);
      rows += taken;
    } finally {
      await index.close();
    }
  }
  const counts = counter.result;
  const limits = limitsOf(options);
  const cost = await measureDecoding(options, counts.meanPixels);
  const bytes = sources.map((source) => source.bytes);
  return {
    files: sources.length,
    bytes: bytes.every((size) => size !== null) ? bytes.reduce((sum, size) => sum + size, 0) : null,
    shards,
    columns,
    counts,
    limits,
    cost,
    prediction: predict(counts, limits, cost),
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

interface FilePass {
  readonly file: OpenedFile;
  readonly position: number;
  /** Maximum rows to take. */
  readonly limit: number;
  readonly options: Options;
  readonly counter: IndexCounter;
  readonly signal: AbortSignal;
}

/** Counts a file's selected rows and returns their number. */
async function countFile(
  index: IndexFile,
  { file, position, limit, options, counter, signal }: FilePass,
): Promise<number> {
  // Captions and carried columns do not affect the costs. Text is parsed anyway, so a plan says what its rows would lose.
  const choice = { ...file.choice, caption: null, extra: [], hash: null };
  const area = areaColumns(index);
  const needed = [choice.url, choice.boxes, ...(area ?? [])].filter((column) => column !== null);
  const columns = isStreamed(index.source.format) ? [...needed, ...columnsRead(file)] : needed;
  if (!isStreamed(index.source.format)) await readFirst(index, columnsRead(file), signal);
  let taken = 0;
  const read = { from: 0, columns: [...new Set(columns)], file: position, selection: options, signal };
  for await (const batch of selectRows(index, read)) {
    for (const row of batch) {
      const pixels = area === null || 'unreadable' in row ? null : areaOf(row.values, area);
      counter.take({ ...toSampleRow(row, choice), pixels });
      taken += 1;
      if (taken === limit) return taken;
    }
  }
  return taken;
}

/** Reads the first rows as a download does, so that a column that cannot be read is named before it. */
async function readFirst(index: IndexFile, columns: readonly number[], signal: AbortSignal): Promise<void> {
  for await (const _ of index.rows({ from: 0, columns, signal })) return;
}

/** Positions of the columns that LAION calls WIDTH and HEIGHT. */
function areaColumns({ columns }: IndexFile): readonly [number, number] | null {
  const find = (wanted: string): number => columns.findIndex(({ name }) => name.toLowerCase() === wanted);
  const [width, height] = [find('width'), find('height')];
  return width === -1 || height === -1 ? null : [width, height];
}

function areaOf(values: readonly Value[], [width, height]: readonly [number, number]): number | null {
  const [across, down] = [toLength(values[width]), toLength(values[height])];
  return across > 0 && down > 0 ? across * down : null;
}

function toLength(value: Value | undefined): number {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string'
    ? Number(value)
    : Number.NaN;
}
