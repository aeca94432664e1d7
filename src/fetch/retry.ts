import { FAILURES } from '../core/failures.ts';
import type { NamedFailure } from './http/classify.ts';

export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number;
}

const FIRST_DELAY_MS = 2_000;
const MAX_DELAY_MS = 60_000;

/**
 * Whether a failed row is tried again: milliseconds to wait, or null. The pause is drawn from all of a span that
 * doubles with every attempt, so that rows that failed together do not return together. `random` is in 0..1. What a
 * host asks for with 429, 503 or `Retry-After` is its manners' matter and comes on top.
 */
export function decideRetry(
  failed: { readonly failure: NamedFailure; readonly attempts: number },
  policy: RetryPolicy,
  random: number,
): number | null {
  if (!FAILURES[failed.failure.code].retry || failed.attempts > policy.retries) return null;
  return random * delaySpanMs(failed.attempts);
}

/** Longest pause after so many attempts; half of it is the mean. */
export function delaySpanMs(attempts: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
}
