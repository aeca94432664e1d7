import { FAILURES } from '../core/failures.ts';
import type { NamedFailure } from './http/classify.ts';

export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number;
}

const FIRST_DELAY_MS = 2_000;
const MAX_DELAY_MS = 60_000;

/**
 * Retry: the milliseconds after which a failed row is tried again, or null if it is not. The delay is a random part of a
 * span that doubles with every attempt, so that rows that failed together do not return together. `random` is in 0..1.
 * The pauses that a host asks for with 429 or 503 come on top; see `hosts/backoff.ts`.
 */
export function decideRetry(
  failed: { readonly failure: NamedFailure; readonly attempts: number },
  policy: RetryPolicy,
  random: number,
): number | null {
  if (!FAILURES[failed.failure.code].retry || failed.attempts > policy.retries) return null;
  return random * delaySpanMs(failed.attempts);
}

/** The longest delay after so many attempts, in milliseconds; the mean is half of it. */
export function delaySpanMs(attempts: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
}
