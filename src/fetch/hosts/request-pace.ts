import { slowerIntervalMs } from './backoff.ts';

/**
 * Growth of the rate with every good answer, in requests a second and as a share. The first keeps a host that refuses
 * at random from getting fewer and fewer requests.
 */
const GROWTH = { least: 0.003, share: 0.0005 };
/** How much faster the rate grows before the second refusal. After it the limit is well known, and reaching it again costs another refusal. */
const FIRST_GROWTH = 8;
/** A longer gap between requests means that we had no rows, not that the host limits us. */
const MAX_GAP_MS = 2_000;
/** A shorter interval limits less than the number of connections does. */
const LEAST_INTERVAL_MS = 10;

/** Rate limit of one host, learnt from how many requests it granted before it answered 429. */
export class RequestPace {
  #intervalMs: number;
  /** Milliseconds from one request to the next that robots.txt asks for; 0 for none. */
  crawlDelayMs = 0;
  /** Good answers since the last refusal. */
  #granted = 0;
  /** Milliseconds over which they were granted. */
  #spanMs = 0;
  #lastBegan: number | undefined;
  #refusals = 0;
  /** Whether the next gap between requests is a pause that the host imposed. */
  #isPausing = false;

  /** `intervalMs`: what an earlier run learnt; 0 for nothing. */
  constructor(intervalMs = 0) {
    this.#intervalMs = intervalMs;
    this.#refusals = intervalMs > 0 ? 2 : 0;
  }

  /** Milliseconds from one request to the next; 0 while the host has asked for none. */
  get intervalMs(): number {
    return Math.max(this.#intervalMs, this.crawlDelayMs);
  }

  /** What was learnt from refusals; 0 for nothing. */
  get learntMs(): number {
    return this.#intervalMs;
  }

  /** A request to the host starts. */
  began(now: number): void {
    const gapMs = now - (this.#lastBegan ?? now);
    this.#spanMs += this.#isPausing ? gapMs : Math.min(gapMs, Math.max(MAX_GAP_MS, 2 * this.#intervalMs));
    this.#lastBegan = now;
    this.#isPausing = false;
  }

  /** The host gave a good answer. */
  granted(): void {
    this.#granted += 1;
    if (this.#intervalMs === 0) return;
    const rate = 1000 / this.#intervalMs;
    const growth = Math.max(GROWTH.least, GROWTH.share * rate) * (this.#refusals > 1 ? 1 : FIRST_GROWTH);
    this.#intervalMs = 1000 / (rate + growth);
    if (this.#intervalMs < LEAST_INTERVAL_MS) this.#intervalMs = 0;
  }

  /** The host asks for fewer requests; `backoff.ts` says how many fewer. */
  refused(): void {
    this.#refusals += 1;
    this.#isPausing = true;
    this.#intervalMs = slowerIntervalMs(this.#intervalMs, this.#granted, this.#spanMs);
    if (this.#granted === 0) return;
    this.#granted = 0;
    this.#spanMs = 0;
  }
}
