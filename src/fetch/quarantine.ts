/** Milliseconds between two ticks. */
const TICK_MS = 10;
/** An outcome is held back for at least one tick less. */
const TICKS = 7;

/**
 * Holds back outcomes of requests on reused connections. HTTP/1.1 does not number its answers: if a server sends
 * one too many, the next request takes it for its own, and the connection shows that only afterwards, when the real
 * answer arrives unasked. The connection and the row's place are free meanwhile. Time is counted in ticks, so that a
 * stalled event loop gets as many turns to read what has arrived as one that is idle.
 */
export class Quarantine {
  readonly #tickMs: number;
  /** Outcomes by the tick at which they settle, the next tick first. */
  readonly #held: (() => void)[][] = Array.from({ length: TICKS }, () => []);
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(tickMs = TICK_MS) {
    this.#tickMs = tickMs;
  }

  get size(): number {
    return this.#size;
  }

  /** Calls `settle` after the time in quarantine, unless `close` is called before. */
  hold(settle: () => void): void {
    this.#held.at(-1)?.push(settle);
    this.#size += 1;
    this.#wait();
  }

  /** Nothing settles any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    if (this.#isClosed || this.#timer !== undefined || this.#size === 0) return;
    // Immediates run after what has arrived is read, timers before it.
    this.#timer = setTimeout(() => setImmediate(() => this.#tick()), this.#tickMs);
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#isClosed) return;
    const due = this.#held.shift() ?? [];
    this.#held.push([]);
    this.#size -= due.length;
    for (const settle of due) settle();
    this.#wait();
  }
}
