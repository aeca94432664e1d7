import { steadyNow } from '../../util/clock.ts';
import { processStat } from '../../util/machine/process-stat.ts';

/** Wall time after which a decoder is stopped whatever it has used, as a multiple of its CPU time. */
const FAR = 10;
/** Of `/proc`, on every Linux. */
const TICK_MS = 10;

/**
 * Limits the CPU time of each job. On a busy machine a decoder may wait far longer than it works, so wall time has only
 * a distant limit, and counts if the system does not report CPU time.
 */
export class TimeLimit {
  readonly #limitMs: number;
  readonly #usedMs: () => number | null;
  readonly #onExceeded: () => void;
  #timer: NodeJS.Timeout | undefined;
  #usedBefore = 0;
  #startedAt = 0;

  /** @param usedMs CPU time of the process so far; null if it is unknown */
  constructor(limitMs: number, usedMs: () => number | null, onExceeded: () => void) {
    this.#limitMs = limitMs;
    this.#usedMs = usedMs;
    this.#onExceeded = onExceeded;
  }

  /** A job begins. `usedBefore` is the CPU time in milliseconds that the process had used by then. */
  restart(usedBefore: number): void {
    this.#usedBefore = usedBefore;
    this.#startedAt = steadyNow();
    this.#checkAfter(this.#limitMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  /** A job cannot use more CPU time than wall time, so nothing is checked before the limit has passed. */
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

/** CPU time in milliseconds of all threads of a process; null if the system does not report it. */
export function processorTime(pid: number): number | null {
  const fields = processStat(pid);
  return fields === null ? null : (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
