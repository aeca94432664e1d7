import type { FailureCode } from '../../core/failures.ts';

/** Counts the outcomes of rows. */
export class Tally {
  successes = 0;
  /** Bytes of complete bodies. */
  bytes = 0;
  readonly failures = new Map<FailureCode, number>();

  get rows(): number {
    return this.successes + this.failed;
  }

  get failed(): number {
    let sum = 0;
    for (const count of this.failures.values()) sum += count;
    return sum;
  }

  /** Share of successes among the rows that were not duplicates, 0 to 1; 1 if there are none. */
  get successRatio(): number {
    const asked = this.rows - (this.failures.get('duplicate_url') ?? 0);
    return asked === 0 ? 1 : this.successes / asked;
  }

  add(outcome: 'success' | FailureCode, bytes: number): void {
    this.bytes += bytes;
    if (outcome === 'success') this.successes += 1;
    else this.failures.set(outcome, (this.failures.get(outcome) ?? 0) + 1);
  }

  /** Adds counts by code, such as those of a shard that an earlier run finished. */
  addCounts(successes: number, failures: Readonly<Record<string, number>>): void {
    this.successes += successes;
    for (const [code, count] of Object.entries(failures)) {
      this.failures.set(code as FailureCode, (this.failures.get(code as FailureCode) ?? 0) + count);
    }
  }

  /** Failures with their counts, most frequent first. */
  commonest(): [FailureCode, number][] {
    return [...this.failures].sort(([, a], [, b]) => b - a);
  }
}
