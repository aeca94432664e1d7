export interface RunLimitsOptions {
  /** Requests a second over all hosts; null for no limit. */
  readonly rate: number | null;
  /** Bytes a second over all hosts; null for no limit. */
  readonly bandwidth: number | null;
}

/** What may be made up for after a pause: timers are not exact, and answers come in bursts. */
const SLACK_MS = 100;
/** Bytes that a body is taken for before the first has come. */
const FIRST_GUESS_BYTES = 64 * 1024;
/** Weight of the newest body in the mean. */
const NEWEST = 0.05;

/** The limits over all hosts. A request is let in on the mean size of what came before, and settled when it ends. */
export class RunLimits {
  readonly #msPerRequest: number;
  readonly #msPerByte: number;
  #meanBytes = FIRST_GUESS_BYTES;
  /** Moments up to which requests and bytes are spent. */
  #requestsUntil = 0;
  #bytesUntil = 0;

  constructor({ rate, bandwidth }: RunLimitsOptions) {
    this.#msPerRequest = rate === null ? 0 : 1000 / rate;
    this.#msPerByte = bandwidth === null ? 0 : 1000 / bandwidth;
  }

  /** The moment from which the next request may start. */
  get opensAt(): number {
    return Math.max(this.#requestsUntil, this.#bytesUntil);
  }

  /** A request starts. Returns the bytes that were reckoned for it. */
  begin(now: number): number {
    this.#requestsUntil = Math.max(this.#requestsUntil, now - SLACK_MS) + this.#msPerRequest;
    this.#bytesUntil = Math.max(this.#bytesUntil, now - SLACK_MS) + this.#meanBytes * this.#msPerByte;
    return this.#meanBytes;
  }

  /** It has ended, with so many bytes received instead of those that were reckoned. */
  end(reckoned: number, received: number): void {
    this.#bytesUntil += (received - reckoned) * this.#msPerByte;
    this.#meanBytes += NEWEST * (received - this.#meanBytes);
  }
}
