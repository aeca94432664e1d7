const START = 64;
const LEAST = 16;
/** After this time a request no longer counts: its host is slow, and what it will bring is not to be expected soon. */
const LIVELY_MS = 1_000;
/** What congestion leaves of the window. */
const BACK_OFF = 0.85;
/** Congestion so soon after the last is the same. */
const EVENT_MS = 500;
/** Growth with every answer once congestion has told the limit about; before, the window doubles in a round trip. */
const GROWTH = 0.1;

/** A request that was begun. */
export interface Start {
  readonly at: number;
  isOver: boolean;
}

/**
 * How many requests may be young at a time, learnt from whether what they bring can be taken off (TCP's congestion
 * window, for one machine's processor). More would not end sooner, only be longer under way, and hold the places that
 * their hosts have for the next.
 */
export class CongestionWindow {
  readonly #most: number;
  #size: number;
  #lively = 0;
  /** Starts of the last moments, the oldest first. */
  readonly #young: Start[] = [];
  #congestedAt = Number.NEGATIVE_INFINITY;

  constructor(most: number) {
    this.#most = most;
    this.#size = Math.min(START, most);
  }

  /** The moment from which the next request may start, if none ends before. */
  opensAt(now: number): number {
    this.#age(now);
    const [oldest] = this.#young;
    return this.#lively < this.#size || oldest === undefined ? 0 : oldest.at + LIVELY_MS;
  }

  begin(now: number): Start {
    const start = { at: now, isOver: false };
    this.#young.push(start);
    this.#lively += 1;
    return start;
  }

  /** A request is over, and its place free. */
  end(start: Start, now: number): void {
    this.#age(now);
    start.isOver = true;
    if (now - start.at >= LIVELY_MS) return;
    // Only a full window has shown that it is not too large.
    if (this.#lively >= Math.floor(this.#size)) this.#grow();
    this.#lively -= 1;
  }

  /** What was fetched could not be taken off fast enough. */
  congested(now: number): void {
    if (now - this.#congestedAt < EVENT_MS) return;
    this.#congestedAt = now;
    this.#size = Math.max(Math.min(LEAST, this.#most), this.#size * BACK_OFF);
  }

  #grow(): void {
    const growth = this.#congestedAt === Number.NEGATIVE_INFINITY ? 1 : GROWTH;
    this.#size = Math.min(this.#most, this.#size + growth);
  }

  #age(now: number): void {
    for (let oldest = this.#young[0]; oldest !== undefined; oldest = this.#young[0]) {
      const isOld = now - oldest.at >= LIVELY_MS;
      if (!isOld && !oldest.isOver) return;
      if (!oldest.isOver) this.#lively -= 1;
      this.#young.shift();
    }
  }
}
