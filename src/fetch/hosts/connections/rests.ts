/** After so many answers, none of which came within `leastMs` milliseconds, the shortest time says something. */
const KNOWN = { answers: 2, leastMs: 8 } as const;
/** Maximum milliseconds to wait for the real answer after a sudden one. */
const MAX_DOUBT_MS = 2_000;
/** A connection to a host that goes on answering rests at least this often. */
const EVERY_MS = 1_000;

/**
 * When a connection to a host rests after an answer. One answer too many makes each later request take the answer to
 * the one before, and only a connection at rest shows it: the last answer arrives although nobody asks for it. So the
 * connection that brings the first, second, fourth, eighth, ... answer of the host rests, and one in each second.
 */
export class Rests {
  #answers = 0;
  #restedAt = Number.NEGATIVE_INFINITY;
  #accepted = 0;
  #shortestMs = Number.POSITIVE_INFINITY;
  #longestMs = 0;

  /** A connection has brought an answer; returns whether it must rest. */
  isDue(now: number): boolean {
    this.#answers += 1;
    const isPowerOfTwo = (this.#answers & (this.#answers - 1)) === 0;
    if (!isPowerOfTwo && now - this.#restedAt < EVERY_MS) return false;
    this.#restedAt = now;
    return true;
  }

  /**
   * For how many milliseconds to doubt an answer on a reused connection that began `ms` milliseconds after its request:
   * if that is sudden, because it may belong to an earlier request, as long as the real answer can take; else 0. Honest
   * answers are rarely sudden, because the shortest time halves each time.
   */
  doubtMs(ms: number): number {
    const isKnown = this.#accepted >= KNOWN.answers && this.#shortestMs >= KNOWN.leastMs;
    return isKnown && ms <= this.#shortestMs / 2 ? Math.min(this.#longestMs, MAX_DOUBT_MS) : 0;
  }

  /** An answer without doubt began `ms` milliseconds after its request. */
  accept(ms: number): void {
    this.#accepted += 1;
    this.#shortestMs = Math.min(this.#shortestMs, ms);
    this.#longestMs = Math.max(this.#longestMs, ms);
  }
}
