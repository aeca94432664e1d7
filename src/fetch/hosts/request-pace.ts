import { slowerIntervalMs } from './backoff.ts';
import type { PaceNews } from './host-news.ts';

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

/**
 * Rate limit of one host, learnt from how many requests it granted before it answered 429. The rate is that of all
 * machines of the run that ask the host; each takes an equal share of it, and takes its own answers for one of so many.
 */
export class RequestPace {
  readonly #machines: () => number;
  #intervalMs: number;
  /** Milliseconds from one request to the next that robots.txt asks for; 0 for none. */
  crawlDelayMs = 0;
  /** Good answers since the last refusal. */
  #granted = 0;
  /** Milliseconds over which they were granted. */
  #spanMs = 0;
  #lastBegan: number | undefined;
  #refusals = 0;
  /** Whether what was learnt is what the host grants this machine, while others may have asked it, too. */
  #isOwn = false;
  /** Whether the next gap between requests is a pause that the host imposed. */
  #isPausing = false;

  /** `intervalMs`: what an earlier run learnt; 0 for nothing. `machines`: how many ask the host at its pace. */
  constructor(intervalMs = 0, machines = () => 1) {
    this.#machines = machines;
    this.#intervalMs = intervalMs;
    this.#refusals = intervalMs > 0 ? 2 : 0;
  }

  /** Milliseconds from one request of this machine to the next; 0 while the host has asked for none. */
  get intervalMs(): number {
    return Math.max(this.#intervalMs, this.crawlDelayMs) * this.#machines();
  }

  /** The same between requests of all machines, learnt from refusals; 0 for nothing. */
  get learntMs(): number {
    return this.#intervalMs;
  }

  /** Whether the pace was learnt without knowing of other machines. */
  get isAlone(): boolean {
    return this.#isOwn && this.#machines() === 1;
  }

  /** A request to the host starts. */
  began(now: number): void {
    const gapMs = now - (this.#lastBegan ?? now);
    const mostMs = Math.max(MAX_GAP_MS, 2 * this.#intervalMs * this.#machines());
    this.#spanMs += this.#isPausing ? gapMs : Math.min(gapMs, mostMs);
    this.#lastBegan = now;
    this.#isPausing = false;
  }

  /** The host gave a good answer. */
  granted(): void {
    this.#granted += 1;
    if (this.#intervalMs === 0) return;
    const rate = 1000 / this.#intervalMs;
    const growth = Math.max(GROWTH.least, GROWTH.share * rate) * (this.#refusals > 1 ? 1 : FIRST_GROWTH);
    this.#intervalMs = 1000 / (rate + growth * this.#machines());
    if (this.#intervalMs < LEAST_INTERVAL_MS) this.#intervalMs = 0;
  }

  /** The host asks for fewer requests; `backoff.ts` says how many fewer. */
  refused(): void {
    this.#refusals += 1;
    this.#isPausing = true;
    if (this.#intervalMs === 0) this.#isOwn = true;
    this.#intervalMs = slowerIntervalMs(this.#intervalMs, this.#granted * this.#machines(), this.#spanMs);
    if (this.#granted === 0) return;
    this.#granted = 0;
    this.#spanMs = 0;
  }

  /**
   * Other machines have learnt this; from now on they count. Returns whether there is a pace now. What was granted to
   * machines that did not know of each other adds up. A refusal of one of many machines tells as much less.
   */
  hear({ intervalMs, besideRate, slowing }: PaceNews): boolean {
    const isMet = this.#intervalMs > 0;
    const ownRate = isMet ? 1000 / this.#intervalMs : this.#grantedRate;
    if (besideRate > 0 && (this.#isOwn || !isMet)) this.#intervalMs = 1000 / (besideRate + ownRate);
    if (intervalMs > 0 && (this.#isOwn || !isMet)) {
      this.#intervalMs = intervalMs;
      this.#isOwn = false;
    }
    const slower = slowing * Math.max(1, intervalMs / this.#intervalMs);
    if (isMet) this.#intervalMs *= slower ** (1 / this.#machines());
    else if (this.#intervalMs > 0) this.#refusals = Math.max(this.#refusals, 2);
    return this.#intervalMs > 0;
  }

  get #grantedRate(): number {
    return this.#spanMs === 0 ? 0 : (1000 * this.#granted) / this.#spanMs;
  }
}
