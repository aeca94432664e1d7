const START = 2;
const GOOD_ANSWERS_A_STEP = 8;
/** Beyond what a host has once refused, steps are rare: each of them may cost a refusal. */
const GOOD_ANSWERS_A_CAREFUL_STEP = 256;

/** How many connections a host is trusted to bear: two at first, one more for every eight good answers, half on strain. */
export class ConnectionLimit {
  readonly #most: number;
  #value: number;
  #good = 0;
  /** More than this many at a time were refused. */
  #ceiling: number;

  constructor(most: number) {
    this.#most = most;
    this.#ceiling = most;
    this.#value = Math.min(START, most);
  }

  get value(): number {
    return this.#value;
  }

  /** Whether the host has ever said that it bears less than the most. */
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

  /** The host was slow, silent or cut connections. */
  strained(): void {
    this.#good = 0;
    this.#value = Math.max(1, Math.floor(this.#value / 2));
  }

  /**
   * The host said no while so many requests were under way to it, the refused one among them. That two were too many is
   * more likely to be said of their rate.
   */
  refused(active: number): void {
    this.#ceiling = Math.max(START, Math.min(this.#ceiling, active - 1));
    this.strained();
  }
}
