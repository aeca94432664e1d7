const START = 64;
const LEAST = 16;
/** After this time a request no longer counts: its host is slow, and no body is to be expected soon. */
const LIVELY_MS = 1_000;
/** The share of the window that is left after congestion. */
const BACK_OFF = 0.85;
/** Congestion within this time of the last counts as the same. */
const EVENT_MS = 500;
/** Growth with every answer after the first congestion, which shows the limit; before, the window doubles in a round trip. */
const GROWTH = 0.1;

/** A request that was begun. */
export interface Start {
  readonly at: number;
  isOver: boolean;
}

/**
 * How many young requests may be under way, learnt by AIMD from whether their bodies can be processed fast enough: TCP's
 * congestion window, for one machine's processor. More requests would not end sooner. They would only be under way for
 * longer and take the places that their hosts have for the next ones.
 */
export class CongestionWindow {
  readonly #most: number;
  #size: number;
  #lively = 0;
  /** Recent starts, the oldest first. */
  readonly #young: Start[] = [];
  #congestedAt = Number.NEGATIVE_INFINITY;

  constructor(most: number) {
    this.#most = most;
    this.#size = Math.min(START, most);
  }

  /** The moment from which the next request may start if none ends before. */
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
    // Only a full window shows that it is not too large.
    if (this.#lively >= Math.floor(this.#size)) this.#grow();
    this.#lively -= 1;
  }

  /** Bodies could not be processed fast enough. */
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
