import { MovingMean } from '../../util/moving-mean.ts';

export interface RunLimitsOptions {
  /** Requests a second over all hosts; null for no limit. */
  readonly rate: number | null;
  /** Bytes a second over all hosts; null for no limit. */
  readonly bandwidth: number | null;
}

/** How much may be caught up after a pause: timers are not exact, and answers come in bursts. */
const SLACK_MS = 100;
/** Assumed size of a body before the first has arrived. */
const FIRST_GUESS_BYTES = 64 * 1024;
/** Weight of the newest body in the mean size. */
const NEWEST = 0.05;

/**
 * The rate limit and the bandwidth limit over all hosts. A request starts on the mean size of earlier bodies; its real
 * size is accounted for when it ends.
 */
export class RunLimits {
  readonly #machines: () => number;
  readonly #msPerRequest: number;
  readonly #msPerByte: number;
  readonly #bytes = new MovingMean(NEWEST, FIRST_GUESS_BYTES);
  /** Moments up to which requests and bytes are spent. */
  #requestsUntil = 0;
  #bytesUntil = 0;

  /** `machines`: how many share the rate; each has its own bandwidth. */
  constructor({ rate, bandwidth }: RunLimitsOptions, machines = () => 1) {
    this.#machines = machines;
    this.#msPerRequest = rate === null ? 0 : 1000 / rate;
    this.#msPerByte = bandwidth === null ? 0 : 1000 / bandwidth;
  }

  /** The moment from which the next request may start. */
  get opensAt(): number {
    return Math.max(this.#requestsUntil, this.#bytesUntil);
  }

  /** A request starts. Returns the bytes that it is expected to bring. */
  begin(now: number): number {
    const expected = this.#bytes.value;
    this.#requestsUntil =
      Math.max(this.#requestsUntil, now - SLACK_MS) + this.#msPerRequest * this.#machines();
    this.#bytesUntil = Math.max(this.#bytesUntil, now - SLACK_MS) + expected * this.#msPerByte;
    return expected;
  }

  /** The request has ended and brought `received` bytes instead of those expected. */
  end(expected: number, received: number): void {
    this.#bytesUntil += (received - expected) * this.#msPerByte;
    this.#bytes.add(received);
  }
}
