/** Share of the rate that a host has granted at which it is asked again. */
const CAUTION = 0.8;
/** Growth of the rate by a step. */
const STEP = 1.03;
const GOOD_ANSWERS_A_STEP = 8;
/** Once a second refusal has told the limit well, steps are rare: reaching it costs another refusal. */
const GOOD_ANSWERS_A_CAREFUL_STEP = 64;
/** Hosts do not count requests over less than a second. */
const LEAST_SPAN_MS = 1_000;
const FIRST_INTERVAL_MS = 500;
const MAX_INTERVAL_MS = 60_000;
/** A pace faster than this binds less than the number of connections does. */
const LEAST_INTERVAL_MS = 10;

/** The rate at which a host lets itself be asked, learnt from what it granted before it answered 429. */
export class LearnedPace {
  #intervalMs: number;
  #granted = 0;
  #grantedSince: number | undefined;
  #refusals = 0;
  #good = 0;

  /** `intervalMs`: what an earlier run has learnt; 0 for nothing. */
  constructor(intervalMs = 0) {
    this.#intervalMs = intervalMs;
    this.#refusals = intervalMs > 0 ? 2 : 0;
  }

  /** Milliseconds from one request to the next; 0 where the host has not complained. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** A request to the host starts. */
  began(now: number): void {
    this.#grantedSince ??= now;
  }

  granted(): void {
    this.#granted += 1;
    if (this.#intervalMs === 0) return;
    this.#good += 1;
    if (this.#good < (this.#refusals > 1 ? GOOD_ANSWERS_A_CAREFUL_STEP : GOOD_ANSWERS_A_STEP)) return;
    this.#good = 0;
    this.#intervalMs /= STEP;
    if (this.#intervalMs < LEAST_INTERVAL_MS) this.#intervalMs = 0;
  }

  /**
   * The host asks for less. What it granted since it last did so, pauses included, is what it grants; refusals without
   * anything granted in between tell nothing new.
   */
  refused(now: number): void {
    this.#refusals += 1;
    this.#good = 0;
    if (this.#granted === 0) {
      this.#intervalMs = Math.max(this.#intervalMs, FIRST_INTERVAL_MS);
      return;
    }
    const spanMs = Math.max(LEAST_SPAN_MS, now - (this.#grantedSince ?? now));
    const intervalMs = Math.max(this.#intervalMs, spanMs / this.#granted / CAUTION);
    this.#intervalMs = Math.min(MAX_INTERVAL_MS, intervalMs);
    this.#granted = 0;
    this.#grantedSince = now;
  }
}
