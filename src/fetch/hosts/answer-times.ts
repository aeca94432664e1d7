import { MovingMean } from '../../util/moving-mean.ts';

/** Hosts that take longer than this to answer start early, so that a run does not end with waiting for them. */
export const SLOW_MS = 1_000;
/** Weight of the newest request in the mean time. */
const NEWEST = 0.1;

/** The complete answers of a host that were not refusals. */
export class AnswerTimes {
  #mean: MovingMean | null;
  #count = 0;
  #latestAt = Number.NEGATIVE_INFINITY;

  /** `meanMs`: of an earlier run; null if it is not known. */
  constructor(meanMs: number | null) {
    this.#mean = meanMs === null ? null : new MovingMean(NEWEST, meanMs);
  }

  get count(): number {
    return this.#count;
  }

  /** The moment of the latest. */
  get latestAt(): number {
    return this.#latestAt;
  }

  /** Mean time of a request; null before the first answer. */
  get meanMs(): number | null {
    return this.#mean?.value ?? null;
  }

  /** Whether the host is known to answer quickly. */
  get areFast(): boolean {
    return this.meanMs !== null && this.meanMs < SLOW_MS;
  }

  add(elapsedMs: number, now: number): void {
    this.#count += 1;
    this.#latestAt = now;
    if (this.#mean === null) this.#mean = new MovingMean(NEWEST, elapsedMs);
    else this.#mean.add(elapsedMs);
  }
}
