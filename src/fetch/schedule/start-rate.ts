/** Before that, the rate says little. */
const LEAST_MS = 2_000;

/** How many requests a run starts in a time, on average so far. */
export class StartRate {
  #started = 0;
  #since: number | null = null;

  /** A request starts. */
  started(now: number): void {
    this.#since ??= now;
    this.#started += 1;
  }

  /** Milliseconds that so many requests take at this rate; Infinity while it is not known. */
  msFor(requests: number, now: number): number {
    const elapsedMs = now - (this.#since ?? now);
    return elapsedMs < LEAST_MS ? Number.POSITIVE_INFINITY : (requests * elapsedMs) / this.#started;
  }
}
