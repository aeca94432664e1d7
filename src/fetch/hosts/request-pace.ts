/** Share of the rate that a host has granted at which it is asked again. */
const CAUTION = 0.9;
/**
 * Growth of the rate with every good answer, in requests a second and as a share. The first keeps a host that refuses
 * at random from being asked ever less.
 */
const GROWTH = { least: 0.003, share: 0.0005 };
/** Once a second refusal has told the limit well, reaching it again costs another one: before, growth is faster. */
const FIRST_GROWTH = 8;
/** A longer gap between requests is our want of rows and not the host's limit. */
const MAX_GAP_MS = 2_000;
/** Hosts do not count requests over less than a second. */
const LEAST_SPAN_MS = 1_000;
const FIRST_INTERVAL_MS = 500;
const MAX_INTERVAL_MS = 60_000;
/** Most that one refusal slows a pace down which was learnt before: a few answers in a bad moment tell little. */
const MAX_STEP = 1.5;
/** A pace faster than this binds less than the number of connections does. */
const LEAST_INTERVAL_MS = 10;

/** The rate at which a host lets itself be asked, learnt from what it granted before it answered 429. */
export class RequestPace {
  #intervalMs: number;
  #granted = 0;
  /** Time over which that was granted. */
  #spanMs = 0;
  #lastBegan: number | undefined;
  #refusals = 0;
  /** Whether the next gap between requests is a pause that the host imposed. */
  #isPausing = false;

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
    const gapMs = now - (this.#lastBegan ?? now);
    this.#spanMs += this.#isPausing ? gapMs : Math.min(gapMs, Math.max(MAX_GAP_MS, 2 * this.#intervalMs));
    this.#lastBegan = now;
    this.#isPausing = false;
  }

  granted(): void {
    this.#granted += 1;
    if (this.#intervalMs === 0) return;
    const rate = 1000 / this.#intervalMs;
    const growth = Math.max(GROWTH.least, GROWTH.share * rate) * (this.#refusals > 1 ? 1 : FIRST_GROWTH);
    this.#intervalMs = 1000 / (rate + growth);
    if (this.#intervalMs < LEAST_INTERVAL_MS) this.#intervalMs = 0;
  }

  /**
   * The host asks for less. What it granted since it last did so, pauses included, is what it grants; refusals without
   * anything granted in between tell nothing new.
   */
  refused(): void {
    this.#refusals += 1;
    this.#isPausing = true;
    if (this.#granted === 0) {
      this.#intervalMs = Math.max(this.#intervalMs, FIRST_INTERVAL_MS);
      return;
    }
    const spanMs = Math.max(LEAST_SPAN_MS, this.#spanMs);
    const intervalMs = Math.max(this.#intervalMs, spanMs / this.#granted / CAUTION);
    const mostMs = this.#intervalMs === 0 ? MAX_INTERVAL_MS : MAX_STEP * this.#intervalMs;
    this.#intervalMs = Math.min(MAX_INTERVAL_MS, mostMs, intervalMs);
    this.#granted = 0;
    this.#spanMs = 0;
  }
}
