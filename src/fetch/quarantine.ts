/** Milliseconds between two ticks. */
const TICK_MS = 10;
/** How long outcomes are held back and connections rest, at least; at most one tick more. */
const HELD_MS = 60;

/**
 * Holds back outcomes of requests on reused connections. HTTP/1.1 does not number its answers: if a server sends
 * one too many, the next request takes it for its own, and the connection shows that only afterwards, when the real
 * answer arrives unasked. The connection and the row's place are free meanwhile. Time is counted in ticks, so that a
 * stalled event loop gets as many turns to read what has arrived as one that is idle.
 */
export class Quarantine {
  readonly #tickMs: number;
  /** What happens at each of the next ticks. */
  readonly #ticks: (() => void)[][] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(tickMs = TICK_MS) {
    this.#tickMs = tickMs;
  }

  /** Outcomes held back. */
  get size(): number {
    return this.#size;
  }

  /** Calls `settle` after the time in quarantine and `moreMs` milliseconds, unless `close` is called before. */
  hold(settle: () => void, moreMs = 0): void {
    this.#size += 1;
    this.#later(moreMs, () => {
      this.#size -= 1;
      settle();
    });
  }

  /** Resolves after the same time, unless `close` is called before. */
  rest(moreMs = 0): Promise<void> {
    return new Promise((resolve) => this.#later(moreMs, resolve));
  }

  /** Nothing settles any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #later(moreMs: number, action: () => void): void {
    // The current tick is partly over.
    const ticks = Math.ceil((HELD_MS + moreMs) / TICK_MS) + 1;
    while (this.#ticks.length < ticks) this.#ticks.push([]);
    this.#ticks[ticks - 1]?.push(action);
    this.#wait();
  }

  #wait(): void {
    if (this.#isClosed || this.#timer !== undefined || this.#ticks.length === 0) return;
    // Immediates run after what has arrived is read, timers before it.
    this.#timer = setTimeout(() => setImmediate(() => this.#tick()), this.#tickMs);
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#isClosed) return;
    for (const action of this.#ticks.shift() ?? []) action();
    this.#wait();
  }
}
