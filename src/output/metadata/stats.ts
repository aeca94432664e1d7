import { inputError } from '../../core/errors.ts';
import { type FailureCode, failureStatus } from '../../core/failures.ts';
import { parseShardFileName, type SampleKind, shardFileName } from '../../shards/files.ts';
import type { FileDigest, Store } from '../store/store.ts';
import { parseImg2datasetStats } from './img2dataset-stats.ts';

/** Milliseconds since 1970. */
export interface ShardTimes {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** `NNNNN_stats.json`: img2dataset's fields under its names, then ours. Times are seconds. */
export interface ShardStats {
  readonly count: number;
  readonly successes: number;
  readonly failed_to_download: number;
  readonly failed_to_resize: number;
  readonly duration: number;
  readonly start_time: number;
  readonly end_time: number;
  /** Rows by outcome: "success" or the error message, in the order in which they first occurred. */
  readonly status_dict: Readonly<Record<string, number>>;
  readonly failure_codes: Readonly<Partial<Record<FailureCode, number>>>;
  readonly bytes_downloaded: number;
  /** Version of laion-fetch that wrote the shard. */
  readonly version: string;
  /** The files of the shard's samples, in order, and its Parquet file, by name, as they were written. */
  readonly files?: FileDigests;
  /** Identifies the change of columns that the shard was written for; absent for none. */
  readonly columns?: string;
  /** Set if img2dataset wrote the samples. Its tars are in the order of arrival, with PAX headers. */
  readonly adopted?: true;
}

/** `samples`: how many the file holds, if those of the shard are in several files. */
export type FileDigests = Readonly<Record<string, FileDigest & { readonly samples?: number }>>;

/** img2dataset's limits for `status_dict`. */
const MAX_STATUSES = 100_000;
const KEPT_STATUSES = 50_000;

/** What the statistics need to know about a row; every SampleResult has it. */
export type CountedOutcome = (
  | { readonly ok: true }
  | { readonly ok: false; readonly code: FailureCode; readonly message: string }
) & { readonly fetch: { readonly bytes: number | null } };

/** Counts the outcomes of a shard. */
export class ShardTally {
  readonly #counts = { success: 0, failed_to_download: 0, failed_to_resize: 0 };
  readonly #codes = new Map<FailureCode, number>();
  #statuses = new Map<string, number>();
  #bytesDownloaded = 0;

  add(result: CountedOutcome): void {
    this.#bytesDownloaded += result.fetch.bytes ?? 0;
    this.#counts[result.ok ? 'success' : failureStatus(result.code)] += 1;
    if (!result.ok) increment(this.#codes, result.code);
    increment(this.#statuses, result.ok ? 'success' : result.message);
    if (this.#statuses.size >= MAX_STATUSES) this.#statuses = mostFrequent(this.#statuses, KEPT_STATUSES);
  }

  stats({ startedAt, endedAt }: ShardTimes, version: string, files: FileDigests): ShardStats {
    const { success, failed_to_download, failed_to_resize } = this.#counts;
    return {
      count: success + failed_to_download + failed_to_resize,
      successes: success,
      failed_to_download,
      failed_to_resize,
      duration: (endedAt - startedAt) / 1000,
      start_time: startedAt / 1000,
      end_time: endedAt / 1000,
      status_dict: Object.fromEntries(this.#statuses),
      failure_codes: Object.fromEntries(this.#codes),
      bytes_downloaded: this.#bytesDownloaded,
      version,
      files,
    };
  }
}

/** The statistics of a shard whose samples are still those of img2dataset. */
export const asAdopted = (stats: ShardStats): ShardStats => ({ ...stats, adopted: true });

/** The names of the files or of the folder that hold the samples of a shard (`00042`), in order. */
export function samplesFiles({ files }: ShardStats, shard: string, kind: SampleKind): readonly string[] {
  const recorded = Object.keys(files ?? {}).filter((name) => parseShardFileName(name)?.kind === kind);
  return recorded.length === 0 ? [shardFileName(shard, kind)] : recorded;
}

/** Whether this is the text of the statistics of an adopted shard. */
export function isAdopted(text: string): boolean {
  const stats = parseJson(text);
  return isShardStats(stats) && stats.adopted === true;
}

/** The text of a stats file. */
export function statsText(stats: ShardStats): string {
  return JSON.stringify(stats, null, 4);
}

/** Reads a stats file; throws a UserError (exit code 3) if it is missing or was not written by laion-fetch. */
export async function readStats(store: Store, name: string): Promise<ShardStats> {
  const text = (await store.read(name))?.toString('utf8') ?? '';
  const stats = parseJson(text);
  if (!isShardStats(stats)) {
    const remedy = 'delete it and run the same command again, which writes the shard again';
    if (parseImg2datasetStats(text) !== null) {
      const found = 'img2dataset wrote the shard, and it was not adopted';
      throw inputError(`Cannot read '${store.address(name)}': ${found}; ${remedy}`);
    }
    throw inputError(
      `Cannot read '${store.address(name)}': expected the statistics of a shard as JSON; ${remedy}`,
    );
  }
  return stats;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isShardStats(value: unknown): value is ShardStats {
  if (!(value instanceof Object)) return false;
  const stats: Partial<ShardStats> = value;
  const counts = [stats.count, stats.successes, stats.failed_to_download, stats.failed_to_resize];
  const dictionaries = [stats.failure_codes, stats.status_dict];
  return counts.every(Number.isSafeInteger) && dictionaries.every((each) => each instanceof Object);
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function mostFrequent(counts: ReadonlyMap<string, number>, keep: number): Map<string, number> {
  return new Map([...counts].sort(([, a], [, b]) => b - a).slice(0, keep));
}
