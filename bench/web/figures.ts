import type { ClientResult } from '../clients.ts';
import type { WebStats } from './server/web-stats.ts';

/** A client on a web, measured. */
export interface Measurement {
  readonly client: string;
  readonly web: 'web' | 'perfect';
  readonly indexRows: number;
  /** Rows that end well for a client that does its part. */
  readonly endingWell: number;
  /** Seconds from the client's start to its first complete shard; null for none. */
  readonly firstShardSeconds: number | null;
  /** What `plan` foretold; null for who has none. */
  readonly plannedSeconds: number | null;
  readonly result: ClientResult;
  readonly stats: WebStats;
}

const LAST_SECONDS = 60;
const LAST_SHARE = 0.1;
/** Between two lines of laion-fetch's progress in JSON. */
const PROGRESS_SECONDS = 10;

/** Successful images a second. */
export const imageRate = ({ result }: Measurement): number => result.successes / result.run.seconds;

/** Images that the web sent in the first seconds, by its client's first sign of life. */
export const imagesSentBy = ({ imagesBySecond }: WebStats, seconds: number): number =>
  imagesBySecond.slice(0, seconds).reduce((sum, count) => sum + count, 0);

/** Images that the web sent, whatever became of them. */
export const imagesSent = ({ imagesBySecond }: WebStats): number =>
  imagesBySecond.reduce((sum, count) => sum + count, 0);

/** Rows with an outcome so many seconds after the client began; null where it does not tell, or was done by then. */
export function rowsSettledBy({ result: { run } }: Measurement, seconds: number): number | null {
  for (const line of run.stderr.split('\n')) {
    if (!line.startsWith('{"type":"progress"')) continue;
    const progress: { seconds: number; rows: number } = JSON.parse(line);
    if (Math.abs(progress.seconds - seconds) < PROGRESS_SECONDS / 2) return progress.rows;
  }
  return null;
}

/**
 * How fast images were sent in the end, by how fast on average: over the last minute of a run that takes more than
 * two, else from nine tenths of the images to the end of the run. Null where no image was sent.
 */
export function endByAverage({ result, stats }: Measurement): number | null {
  const all = imagesSent(stats);
  if (stats.firstContactAt === null || all === 0) return null;
  const seconds = (result.run.endedAt - stats.firstContactAt) / 1000;
  const average = all / seconds;
  if (seconds > 2 * LAST_SECONDS) {
    const last = stats.imagesBySecond.slice(Math.max(0, Math.round(seconds) - LAST_SECONDS));
    return last.reduce((sum, count) => sum + count, 0) / LAST_SECONDS / average;
  }
  return (LAST_SHARE * all) / Math.max(0.001, seconds - secondOf(stats, all * (1 - LAST_SHARE))) / average;
}

/** Seconds after which so many images were sent. */
function secondOf({ imagesBySecond }: WebStats, images: number): number {
  let left = images;
  for (const [second, count] of imagesBySecond.entries()) {
    if (count >= left) return second + left / count;
    left -= count;
  }
  return imagesBySecond.length;
}
