/** A request under way. */
export interface Visit {
  readonly startedAt: number;
  /** How many refusals and silences of the host had counted when it started. */
  readonly event: number;
  /** Whether its connection is new and beside another to the host. A host that serves one at a time lets it wait. */
  isBeside: boolean;
}

/** A request that takes longer than this, and so many times as long as the mean, hangs. */
const LEAST_HANGING_MS = 3_000;
const HANGING_TIMES = 4;

/** Requests to one host of which the outcome is not known. */
export class OpenVisits {
  /** The oldest first. */
  readonly #visits = new Set<Visit>();

  add(visit: Visit): void {
    this.#visits.add(visit);
  }

  delete(visit: Visit): void {
    this.#visits.delete(visit);
  }

  /**
   * How many hang. `meanMs`: the time that an answer takes, in milliseconds, or null if it is not known. `mayBeSerial`: new
   * connections beside others may only be waiting, and do not count.
   */
  hanging(now: number, meanMs: number | null, mayBeSerial = false): number {
    const since = now - hangingMs(meanMs);
    let count = 0;
    for (const { startedAt, isBeside } of this.#visits) {
      if (startedAt >= since) break;
      if (!isBeside || !mayBeSerial) count += 1;
    }
    return count;
  }

  /** The moment after which one more hangs; Infinity if there is none that does not. */
  hangsAt(now: number, meanMs: number | null): number {
    const since = now - hangingMs(meanMs);
    for (const { startedAt } of this.#visits) {
      if (startedAt >= since) return startedAt + hangingMs(meanMs) + 1;
    }
    return Number.POSITIVE_INFINITY;
  }
}

const hangingMs = (meanMs: number | null): number =>
  Math.max(LEAST_HANGING_MS, HANGING_TIMES * (meanMs ?? 0));
