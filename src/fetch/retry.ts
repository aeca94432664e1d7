import { FAILURES } from '../core/failures.ts';
import type { NamedFailure } from './classify.ts';

export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number;
}

const FIRST_DELAY_MS = 2_000;
const MAX_DELAY_MS = 60_000;
/** A host that asks for more patience than this is not waited for. */
const MAX_RETRY_AFTER_MS = 300_000;

/**
 * Whether a failed row is tried again: milliseconds to wait, or null. The pause doubles with every attempt and is
 * drawn from its upper half, so that rows that failed together do not return together; a host's own `Retry-After`
 * takes its place. `random` is in 0..1.
 */
export function decideRetry(
  failed: { readonly failure: NamedFailure; readonly attempts: number; readonly retryAfterMs: number | null },
  policy: RetryPolicy,
  random: number,
): number | null {
  if (!FAILURES[failed.failure.code].retry || failed.attempts > policy.retries) return null;
  if (failed.retryAfterMs !== null) {
    return failed.retryAfterMs <= MAX_RETRY_AFTER_MS ? failed.retryAfterMs : null;
  }
  const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failed.attempts - 1));
  return delay * (0.5 + random / 2);
}
