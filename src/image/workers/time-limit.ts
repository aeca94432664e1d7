import { readFileSync } from 'node:fs';
import { steadyNow } from '../../util/clock.ts';

/** Wall time after which a decoder is stopped whatever it has used, as a multiple of its processor time. */
const FAR = 10;
/** Of `/proc`, on every Linux. */
const TICK_MS = 10;

/**
 * Limits the processor time of one job after the other. On a busy machine a decoder may wait far longer than it works;
 * wall time counts only as a far limit, and where the system does not tell the processor time.
 */
export class TimeLimit {
  readonly #limitMs: number;
  readonly #usedMs: () => number | null;
  readonly #onExceeded: () => void;
  #timer: NodeJS.Timeout | undefined;
  #usedBefore = 0;
  #startedAt = 0;

  /** @param usedMs processor time of the process so far; null where it is unknown */
  constructor(limitMs: number, usedMs: () => number | null, onExceeded: () => void) {
    this.#limitMs = limitMs;
    this.#usedMs = usedMs;
    this.#onExceeded = onExceeded;
  }

  /** A job begins. `usedBefore` is the processor time in milliseconds that the process had used by then. */
  restart(usedBefore: number): void {
    this.#usedBefore = usedBefore;
    this.#startedAt = steadyNow();
    this.#checkAfter(this.#limitMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  /** A job cannot use more processor time than passes, so nothing is checked before the limit has passed. */
  #checkAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), ms);
  }

  #check(): void {
    const passed = steadyNow() - this.#startedAt;
    const used = this.#usedMs();
    const left = Math.min(
      this.#limitMs - (used === null ? passed : used - this.#usedBefore),
      FAR * this.#limitMs - passed,
    );
    if (left <= 0) this.#onExceeded();
    else this.#checkAfter(left);
  }
}

/** Processor time in milliseconds that a process has used, its threads together; null where the system does not tell. */
export function processorTime(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses and may contain blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return null;
  }
}
