/** A request under way. */
export interface Visit {
  readonly startedAt: number;
  /** How many refusals and silences of the host had counted when it started. */
  readonly event: number;
}

/** A request that takes longer than this, and so many times as long as the mean, hangs. */
const LEAST_HANGING_MS = 3_000;
const HANGING_TIMES = 4;

/** Requests to one host of which the outcome is not known. */
export class OpenVisits {
  readonly #visits = new Set<Visit>();

  add(visit: Visit): void {
    this.#visits.add(visit);
  }

  delete(visit: Visit): void {
    this.#visits.delete(visit);
  }

  /** How many hang; `meanMs`: the time that an answer takes, in milliseconds, or null if it is not known. */
  hanging(now: number, meanMs: number | null): number {
    const since = now - Math.max(LEAST_HANGING_MS, HANGING_TIMES * (meanMs ?? 0));
    return [...this.#visits].filter(({ startedAt }) => startedAt < since).length;
  }
}
