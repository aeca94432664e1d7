import type { ShardStats } from '../metadata/stats.ts';
import type { StoredRow } from '../read/stored-rows.ts';
import type { FindingList } from './findings.ts';

const COUNTS = ['count', 'successes', 'failed_to_download', 'failed_to_resize', 'bytes_downloaded'] as const;
/** With more statuses than this, `status_dict` holds only the most frequent. */
const COMPLETE_STATUSES = 50_000;
const ROUNDING_SECONDS = 0.001;

/** Counts the rows of a shard's metadata, independently of the code that writes the statistics. */
export class RowCounts {
  readonly #statuses = new Map<string, number>();
  readonly #codes = new Map<string, number>();
  readonly #messages = new Map<string, number>();
  #count = 0;
  #bytes = 0;

  add({ status, failureCode, errorMessage, bytes }: StoredRow): void {
    this.#count += 1;
    this.#bytes += bytes;
    increment(this.#statuses, status ?? '');
    if (failureCode !== null) increment(this.#codes, failureCode);
    increment(this.#messages, status === 'success' ? status : (errorMessage ?? ''));
  }

  /** Reports where the statistics differ. */
  compare(stats: ShardStats, metadataFile: string, findings: FindingList): void {
    const here: Readonly<Record<(typeof COUNTS)[number], number>> = {
      count: this.#count,
      successes: this.#statuses.get('success') ?? 0,
      failed_to_download: this.#statuses.get('failed_to_download') ?? 0,
      failed_to_resize: this.#statuses.get('failed_to_resize') ?? 0,
      bytes_downloaded: this.#bytes,
    };
    for (const name of COUNTS) {
      if (stats[name] === here[name]) continue;
      findings.add(metadataFile, `${name} is ${here[name]} here and ${stats[name]} in the statistics`);
    }
    const tell = (name: string, found: number, written: number): void => {
      if (found !== written)
        findings.add(metadataFile, `${name} occurs ${found} times here and ${written} in the statistics`);
    };
    compareCounts(this.#codes, stats.failure_codes, tell);
    if (this.#messages.size < COMPLETE_STATUSES) {
      compareCounts(this.#messages, stats.status_dict, (message, ...counts) =>
        tell(`'${message}'`, ...counts),
      );
    }
  }
}

/** Reports where statistics contradict themselves. */
export function checkSums(stats: ShardStats, file: string, findings: FindingList): void {
  const { count, successes, failed_to_download, failed_to_resize } = stats;
  if (count !== successes + failed_to_download + failed_to_resize) {
    findings.add(file, 'the count is not the sum of successes and failures');
  }
  if (sum(stats.failure_codes) !== failed_to_download + failed_to_resize) {
    findings.add(file, 'the failures are not the sum of the failure codes');
  }
  const seconds = stats.end_time - stats.start_time;
  if (!(Math.abs(stats.duration - seconds) <= ROUNDING_SECONDS)) {
    findings.add(file, 'the duration is not the time from start to end');
  }
}

function compareCounts(
  here: ReadonlyMap<string, number>,
  written: Readonly<Record<string, number>>,
  tell: (name: string, here: number, written: number) => void,
): void {
  for (const name of new Set([...Object.keys(written), ...here.keys()])) {
    tell(name, here.get(name) ?? 0, Object.hasOwn(written, name) ? (written[name] ?? 0) : 0);
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
