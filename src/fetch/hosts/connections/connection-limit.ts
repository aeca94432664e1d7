import { MovingMean } from '../../../util/moving-mean.ts';
import type { OpenVisits } from './open-visits.ts';

const START = 2;
const GOOD_ANSWERS_A_STEP = 8;
/** Above the number that a host once refused, steps are rare: each may cost another refusal. */
const GOOD_ANSWERS_A_CAREFUL_STEP = 256;
/** Above this share of strain among recent outcomes, it is about the host, not its URLs: three in close succession. */
const MAX_STRAIN_SHARE = 0.2;
/** Above this share of overlapping answers, a host serves several connections at a time. */
const PARALLEL_SHARE = 0.2;
/** Weight of the newest outcome in the shares. */
const NEWEST = 0.1;

/** The good answers of the host. */
interface Answers {
  readonly count: number;
  /** The moment of the latest. */
  readonly latestAt: number;
  /** Mean time of a request; null before the first answer. */
  readonly meanMs: number | null;
}

/**
 * Connection limit of a host, by AIMD (additive increase, multiplicative decrease): two connections at first, one more
 * for every eight good answers, half as many after a refusal or strain. Strain is a silence or a 503 without
 * `Retry-After`; among good answers it is about a URL and changes nothing.
 */
export class ConnectionLimit {
  readonly #most: number;
  #value: number;
  #good = 0;
  #hasAnswered = false;
  /** Share of recent answers during which another request was answered. */
  readonly #overlap = new MovingMean(NEWEST, 0);
  #mayBeSerial = true;
  readonly #strain = new MovingMean(NEWEST, 0);
  /** The moment when strain last lowered the limit: requests that began earlier say nothing new. */
  #strainedAt = Number.NEGATIVE_INFINITY;
  /** The host has refused more than this many at a time. */
  #ceiling: number;

  constructor(most: number) {
    this.#most = most;
    this.#ceiling = most;
    this.#value = Math.min(START, most);
  }

  get value(): number {
    return this.#value;
  }

  /**
   * The limit at a moment. Requests that hang beside answers to others are about their URLs, and take no place. If others
   * hang, one more connection shows whether the host still answers.
   */
  at(now: number, open: OpenVisits, { count, latestAt, meanMs }: Answers): number {
    const hanging = count === 0 ? 0 : open.hanging(now, meanMs, this.#mayBeSerial);
    if (hanging === 0) return this.#value;
    const besideAnswers = open.hanging(latestAt, meanMs, this.#mayBeSerial);
    const limit = this.#value + Math.max(besideAnswers, 1);
    return Math.min(limit, this.#most, Math.max(START, this.#ceiling));
  }

  /** Whether the host has ever refused a number of connections below the maximum. */
  get isLimited(): boolean {
    return this.#ceiling < this.#most;
  }

  /** Whether the host may serve one connection at a time: it has never served several, nor is there a pace. */
  get mayBeSerial(): boolean {
    return this.#mayBeSerial;
  }

  /** A pace keeps requests apart: that they are answered one after the other says nothing any more. */
  paced(): void {
    this.#mayBeSerial = false;
  }

  /** A good answer. `overlaps`: whether another request was answered meanwhile. */
  good(overlaps: boolean): void {
    this.#hasAnswered = true;
    this.#overlap.add(overlaps ? 1 : 0);
    if (this.#overlap.value > PARALLEL_SHARE) this.#mayBeSerial = false;
    this.#strain.add(0);
    if (this.#value >= this.#most) return;
    this.#good += 1;
    const careful = this.#value >= this.#ceiling;
    if (this.#good < (careful ? GOOD_ANSWERS_A_CAREFUL_STEP : GOOD_ANSWERS_A_STEP)) return;
    this.#good = 0;
    this.#value += 1;
  }

  /** The host left a request that began at `startedAt` without an answer, or answered 503. */
  strained(startedAt: number, now: number): void {
    this.#strain.add(1);
    if (this.#hasAnswered && this.#strain.value <= MAX_STRAIN_SHARE) return;
    if (startedAt < this.#strainedAt) return;
    this.#strainedAt = now;
    this.#good = 0;
    // A row that hangs must not hold up all others.
    this.#halve(this.#mayBeSerial ? 1 : Math.min(START, this.#most));
  }

  /** The host serves one connection at a time and leaves the others waiting. */
  serial(): void {
    this.#good = 0;
    this.#ceiling = 1;
    this.#value = 1;
  }

  /** A request waited in vain on the only connection: the host is not serial after all. */
  notSerial(): void {
    if (this.#ceiling > 1) return;
    this.#ceiling = this.#most;
    this.#value = Math.min(START, this.#most);
  }

  /**
   * The host refused a request while so many were under way to it, the refused one included. `lively`: how many of them do
   * not hang. If there are only two, it more likely means their rate, and the pace limits that.
   */
  refused(active: number, lively: number): void {
    if (lively > START) this.#ceiling = Math.min(this.#ceiling, active - 1);
    this.#good = 0;
    this.#halve(1);
  }

  #halve(least: number): void {
    this.#value = Math.max(least, Math.floor(this.#value / 2));
  }
}
