/**
 * A separate process that fetches, so that it may crash and its memory can be measured:
 * `node --import tsx fetch-in-child.ts JOB`, with a `ChildJob` as JSON. Prints a `ChildReport`.
 */
import { Fetcher } from '../../../src/fetch/fetcher.ts';
import { fetchSettings, outcome } from '../../support/fetch-settings.ts';

export interface ChildJob {
  /** Fetched repeatedly before anything is measured. */
  readonly first: string;
  readonly urls: readonly string[];
  /** How often each URL is fetched. */
  readonly times: number;
  readonly maxBodyBytes: number;
  readonly perHost: number;
  /** The event loop is blocked for this long, again and again. */
  readonly stallMs: number;
}

export interface ChildReport {
  /** Number of rows for each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Growth of the process's memory at its peak. */
  readonly grownBytes: number;
}

const { first, urls, times, stallMs, ...limits } = JSON.parse(process.argv[2] ?? '') as ChildJob;
const settings = fetchSettings({ ...limits, timeoutMs: 20_000, deadlineMs: 60_000, concurrency: 256 });
const fetcher = new Fetcher({
  settings,
  onBroken: (error) => {
    throw error;
  },
});

// After some fetches the heap has reached its size; a fresh process has touched only a part of it.
for (let i = 0; i < 100; i += 1) {
  await Promise.all(Array.from({ length: 10 }, () => fetcher.fetch(first)));
}
const before = process.memoryUsage.rss();
let peak = before;
const timer = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
  const until = performance.now() + stallMs;
  while (performance.now() < until);
}, 2);

const outcomes: Record<string, number> = {};
const fetchOne = async (url: string): Promise<void> => {
  const end = outcome(await fetcher.fetch(url));
  outcomes[end] = (outcomes[end] ?? 0) + 1;
};
await Promise.all(Array.from({ length: times }, () => urls.map(fetchOne)).flat());

clearInterval(timer);
await fetcher.close();
const report: ChildReport = { outcomes, grownBytes: peak - before };
process.stdout.write(JSON.stringify(report));
