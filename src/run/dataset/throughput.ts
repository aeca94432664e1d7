import { openStore } from '../../output/store/open-store.ts';
import { VERSION } from '../../util/version.ts';
import type { RunEvent } from '../engine/events.ts';

/** What one start of a run did over time. Each number counts what was settled in one interval. */
export interface ThroughputStart {
  readonly command: 'download' | 'retry';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly version: string;
  /** Length of each interval in milliseconds; the last may be shorter. */
  readonly intervalMs: number;
  /** Time that all intervals cover, in milliseconds. */
  readonly ms: number;
  readonly rows: readonly number[];
  readonly images: readonly number[];
  /** Bytes of complete bodies. */
  readonly bytes: readonly number[];
}

/** `throughput.json` in the state folder, or that of a machine that shares the dataset, the oldest start first. */
interface Throughput {
  readonly format: 1;
  readonly starts: readonly ThroughputStart[];
}

const FOLDER = '.laion-fetch';
const FILE = /^throughput(-[\w.-]+)?\.json$/;
const fileOf = (sharer: string | null): string =>
  `${FOLDER}/throughput${sharer === null ? '' : `-${sharer}`}.json`;
const FIRST_INTERVAL_MS = 1_000;
/** A crash loses so much at most. */
const SAVE_EVERY_MS = 10_000;
/** So the file stays below 100 kB: intervals of the current start, of each earlier one, and starts. */
const [MOST_INTERVALS, MOST_EARLIER, MOST_STARTS] = [240, 60, 40] as const;

/** What earlier starts into this folder did. Empty if the files are missing or damaged: nothing else depends on them. */
export async function readThroughput(output: string): Promise<readonly ThroughputStart[]> {
  const names = ((await openStore(output).list(FOLDER)) ?? []).map(({ name }) => name);
  const files = names.filter((name) => FILE.test(name)).map((name) => `${FOLDER}/${name}`);
  const starts = await Promise.all(files.map((file) => readStarts(output, file)));
  return starts.flat().sort((a, b) => a.startedAt - b.startedAt);
}

async function readStarts(output: string, file: string): Promise<readonly ThroughputStart[]> {
  try {
    const text = await openStore(output).read(file);
    if (text === null) return [];
    const { format, starts } = JSON.parse(text.toString('utf8')) as Throughput;
    return format === 1 && starts.every(isStart) ? starts : [];
  } catch {
    return [];
  }
}

/** Merges neighbouring intervals until there are at most `most`. */
export function coarser(start: ThroughputStart, most: number): ThroughputStart {
  let { intervalMs, rows, images, bytes } = start;
  while (rows.length > most) {
    intervalMs *= 2;
    [rows, images, bytes] = [rows, images, bytes].map(sumPairs) as [number[], number[], number[]];
  }
  return { ...start, intervalMs, rows, images, bytes };
}

const sumPairs = (counts: readonly number[]): number[] =>
  Array.from({ length: Math.ceil(counts.length / 2) }, (_, at) => {
    return (counts[2 * at] ?? 0) + (counts[2 * at + 1] ?? 0);
  });

/**
 * Records the throughput of a start in the dataset's state folder, beside that of earlier starts. The file is replaced
 * as a whole every ten seconds, so that it is complete after any crash.
 */
export class ThroughputRecorder {
  readonly #output: string;
  readonly #file: string;
  readonly #earlier: readonly ThroughputStart[];
  readonly #clock: () => number;
  readonly #begunAt: number;
  #start: ThroughputStart;
  /** The interval that is counted now. */
  #counts = { rows: 0, images: 0, bytes: 0 };
  #savedAt: number;
  #saving: Promise<void> | null = null;

  private constructor(
    { output, file }: { readonly output: string; readonly file: string },
    earlier: readonly ThroughputStart[],
    start: Pick<ThroughputStart, 'command' | 'startedAt'>,
    clock: () => number,
  ) {
    this.#output = output;
    this.#file = file;
    this.#earlier = earlier.slice(1 - MOST_STARTS).map((each) => coarser(each, MOST_EARLIER));
    this.#clock = clock;
    this.#begunAt = clock();
    this.#savedAt = this.#begunAt;
    const empty = { intervalMs: FIRST_INTERVAL_MS, ms: 0, rows: [], images: [], bytes: [] };
    this.#start = { ...start, version: VERSION, ...empty };
  }

  /** The caller holds the lock of the dataset, or shares it. `clock`: milliseconds, never backwards. */
  static async open(
    output: string,
    command: ThroughputStart['command'],
    sharer: string | null = null,
    clock: () => number = () => performance.now(),
  ): Promise<ThroughputRecorder> {
    const start = { command, startedAt: Date.now() };
    const file = fileOf(sharer);
    return new ThroughputRecorder({ output, file }, await readStarts(output, file), start, clock);
  }

  /** Time is looked at only when the run says how many rows wait, about once a second. */
  take(event: RunEvent): void {
    if (event.type === 'sample') {
      this.#counts.rows += 1;
      this.#counts.bytes += event.bytes;
      if (event.outcome === 'success') this.#counts.images += 1;
    } else if (event.type === 'waiting') {
      const now = this.#clock();
      this.#advance(now);
      if (now - this.#savedAt < SAVE_EVERY_MS || this.#saving !== null) return;
      this.#savedAt = now;
      this.#saving = this.#save().finally(() => {
        this.#saving = null;
      });
    }
  }

  /** Writes what has not been written. Never rejects: that this file cannot be written is no reason to fail. */
  async flush(): Promise<void> {
    await this.#saving;
    this.#advance(this.#clock());
    await this.#save();
  }

  /** Adds what was counted since the last call to the interval in which that call was, and goes on to the current one. */
  #advance(now: number): void {
    const { intervalMs, ms } = this.#start;
    const at = Math.floor(ms / intervalMs);
    const end = Math.floor((now - this.#begunAt) / intervalMs);
    const { rows, images, bytes } = this.#counts;
    this.#counts = { rows: 0, images: 0, bytes: 0 };
    this.#start = coarser(
      {
        ...this.#start,
        ms: now - this.#begunAt,
        rows: extended(this.#start.rows, at, rows, end),
        images: extended(this.#start.images, at, images, end),
        bytes: extended(this.#start.bytes, at, bytes, end),
      },
      MOST_INTERVALS,
    );
  }

  async #save(): Promise<void> {
    // A start that found everything done leaves no trace.
    if (!this.#start.rows.some((count) => count > 0)) return;
    const throughput: Throughput = { format: 1, starts: [...this.#earlier, this.#start] };
    await openStore(this.#output)
      .writeSoon(this.#file, `${JSON.stringify(throughput)}\n`)
      .catch(() => {});
  }
}

/** The counts with `more` added at `at`, and zeros up to `end`. */
function extended(counts: readonly number[], at: number, more: number, end: number): number[] {
  return Array.from({ length: end + 1 }, (_, index) => (counts[index] ?? 0) + (index === at ? more : 0));
}

function isStart(start: ThroughputStart): boolean {
  const { command, startedAt, version, intervalMs, ms, rows, images, bytes } = start;
  const lists = [rows, images, bytes];
  return (
    (command === 'download' || command === 'retry') &&
    typeof version === 'string' &&
    [startedAt, intervalMs, ms].every((number) => Number.isFinite(number) && number >= 0) &&
    intervalMs > 0 &&
    lists.every((list) => Array.isArray(list) && list.length === rows.length && list.every(isCount))
  );
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
