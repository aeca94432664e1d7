const START = 2;
const GOOD_ANSWERS_A_STEP = 8;
/** Above the number that a host once refused, steps are rare: each may cost another refusal. */
const GOOD_ANSWERS_A_CAREFUL_STEP = 256;

/**
 * Connection limit of a host, by AIMD (additive increase, multiplicative decrease): two connections at first, one more
 * for every eight good answers, half as many after a refusal or a silence.
 */
export class ConnectionLimit {
  readonly #most: number;
  #value: number;
  #good = 0;
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

  /** Whether the host has ever refused a number of connections below the maximum. */
  get isLimited(): boolean {
    return this.#ceiling < this.#most;
  }

  good(): void {
    if (this.#value >= this.#most) return;
    this.#good += 1;
    const careful = this.#value >= this.#ceiling;
    if (this.#good < (careful ? GOOD_ANSWERS_A_CAREFUL_STEP : GOOD_ANSWERS_A_STEP)) return;
    this.#good = 0;
    this.#value += 1;
  }

  /** The host was slow or silent, or dropped connections. */
  strained(): void {
    this.#good = 0;
    this.#value = Math.max(1, Math.floor(this.#value / 2));
  }

  /** The host serves one connection at a time and leaves the others waiting. */
  serial(): void {
    this.#good = 0;
    this.#ceiling = 1;
    this.#value = 1;
  }

  /**
   * The host refused a request while so many were under way to it, the refused one included. If there were only two, it
   * more likely means their rate.
   */
  refused(active: number): void {
    this.#ceiling = Math.min(this.#ceiling, Math.max(START, active - 1));
    this.strained();
  }
}
