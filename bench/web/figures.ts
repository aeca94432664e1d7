import type { ClientResult } from '../clients.ts';
import type { WebStats } from './server/web-stats.ts';

/** The measurement of a client on a web. */
export interface Measurement {
  readonly client: string;
  readonly web: 'web' | 'perfect';
  readonly indexRows: number;
  /** Rows that succeed for a client that waits and retries as needed. */
  readonly endingWell: number;
  /** Seconds from the client's start to its first complete shard; null if there was none. */
  readonly firstShardSeconds: number | null;
  /** Prediction of `plan`; null for a client without one. */
  readonly plannedSeconds: number | null;
  readonly result: ClientResult;
  readonly stats: WebStats;
}

const LAST_SECONDS = 60;
const LAST_SHARE = 0.1;
/** Time between two lines of laion-fetch's JSON progress. */
const PROGRESS_SECONDS = 10;

/** Successful images per second. */
export const imageRate = ({ result }: Measurement): number => result.successes / result.run.seconds;

/** Images that the web sent in the first seconds after the client's first sign of life. */
export const imagesSentBy = ({ imagesBySecond }: WebStats, seconds: number): number =>
  imagesBySecond.slice(0, seconds).reduce((sum, count) => sum + count, 0);

/** Images that the web sent, whether or not the client kept them. */
export const imagesSent = ({ imagesBySecond }: WebStats): number =>
  imagesBySecond.reduce((sum, count) => sum + count, 0);

/** Rows with an outcome after this many seconds; null if the client does not report them or had ended by then. */
export function rowsSettledBy({ result: { run } }: Measurement, seconds: number): number | null {
  for (const line of run.stderr.split('\n')) {
    if (!line.startsWith('{"type":"progress"')) continue;
    const progress: { seconds: number; rows: number } = JSON.parse(line);
    if (Math.abs(progress.seconds - seconds) < PROGRESS_SECONDS / 2) return progress.rows;
  }
  return null;
}

/**
 * Rate of sent images at the end of the run divided by the average rate. The end is the last minute of a run that takes
 * more than two, otherwise the time after nine tenths of the images. Null if no image was sent.
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

/** Seconds after which this many images were sent. */
function secondOf({ imagesBySecond }: WebStats, images: number): number {
  let left = images;
  for (const [second, count] of imagesBySecond.entries()) {
    if (count >= left) return second + left / count;
    left -= count;
  }
  return imagesBySecond.length;
}
