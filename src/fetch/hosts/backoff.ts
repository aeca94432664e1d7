/**
 * Back-off: all rules for answers 429 and 503, as pure functions. A refusal has four effects: the host pauses, the host
 * is closed if it refuses for too long, its rate limit drops, and the refused row waits for another turn. `host.ts`,
 * `request-pace.ts` and `row-fetch.ts` hold the state and apply these rules. (`connection-limit.ts` halves the
 * connections after any kind of strain, refusals among them.)
 */

/** Status codes with which a host asks for fewer requests. */
export type RefusalStatus = 429 | 503;

export interface Refusal {
  readonly status: RefusalStatus;
  /** The pause that `Retry-After` names, in milliseconds; null without one. */
  readonly retryAfterMs: number | null;
}

const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 60_000;
/** A host that refuses everything for this long, or asks for a longer pause, is closed. */
const MAX_PATIENCE_MS = 900_000;
const CLOSED_MS = 1_800_000;
const MAX_CLOSED_MS = 86_400_000;

/** Above this share of 503s among recent answers, a 503 is about the host: three in close succession reach it. */
const MAX_503_SHARE = 0.2;

/** Times that one row may be answered 429; the pauses in between add up to about three minutes. */
const MAX_ROW_REFUSALS = 8;

/** The share of the rate that a host granted at which it is asked again. */
const CAUTION = 0.9;
const FIRST_INTERVAL_MS = 500;
const MAX_INTERVAL_MS = 60_000;
/** The most that one refusal slows down a learnt rate: a few answers at a bad moment prove little. */
const MAX_STEP = 1.5;
/** Hosts do not count requests over less than a second. */
const MIN_SPAN_MS = 1_000;

/**
 * Milliseconds without a request after the host's `refusals`-th refusal in a row. The pause doubles each time, from 2 s
 * to 1 min. The first refusal follows `Retry-After` alone; a host that refuses again after the pause that it named has
 * named too short a pause, so the longer of the two applies.
 */
export function pauseMs(refusals: number, { retryAfterMs }: Refusal): number {
  if (refusals === 1 && retryAfterMs !== null) return retryAfterMs;
  const growingMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (refusals - 1));
  return Math.max(growingMs, retryAfterMs ?? 0);
}

/**
 * Milliseconds for which a host is closed, or null if it is not. `pause`: the pause after this refusal. `refusedForMs`:
 * the time since the first refusal in a row.
 */
export function closedMs(pause: number, refusedForMs: number): number | null {
  if (pause > MAX_PATIENCE_MS) return Math.min(pause, MAX_CLOSED_MS);
  return refusedForMs >= MAX_PATIENCE_MS ? CLOSED_MS : null;
}

/** Whether a refusal is about the rate of requests. A 503 without `Retry-After` may be about anything. */
export function isAboutRate({ status, retryAfterMs }: Refusal): boolean {
  return status === 429 || retryAfterMs !== null;
}

/**
 * Whether a refusal speaks for the host. A 503 without `Retry-After` among good answers speaks for its URL alone.
 * `share`: 503s among the recent answers of the host, this one included; null if it never gave a good answer.
 */
export function isAboutHost(refusal: Refusal, share: number | null): boolean {
  return isAboutRate(refusal) || share === null || share > MAX_503_SHARE;
}

/**
 * Milliseconds between requests after a refusal. `intervalMs`: the interval so far, 0 for none. `granted`: good answers
 * since the last refusal, over `spanMs`, pauses included: the rate that the host really grants. Refusals without a good
 * answer in between tell nothing new.
 */
export function slowerIntervalMs(intervalMs: number, granted: number, spanMs: number): number {
  if (granted === 0) return Math.max(intervalMs, FIRST_INTERVAL_MS);
  const grantedIntervalMs = Math.max(MIN_SPAN_MS, spanMs) / granted / CAUTION;
  const mostMs = intervalMs === 0 ? MAX_INTERVAL_MS : MAX_STEP * intervalMs;
  return Math.min(MAX_INTERVAL_MS, mostMs, Math.max(intervalMs, grantedIntervalMs));
}

/**
 * Whether a row that was answered 429 so many times waits for another turn, which costs it no retry. With `--retries 0`
 * no row waits. A host that never gave a good answer (`hostAnswers` is 0) is closed as a whole by `closedMs` instead.
 */
export function mayWait(refusals: number, hostAnswers: number, retries: number): boolean {
  return retries > 0 && (refusals < MAX_ROW_REFUSALS || hostAnswers === 0);
}
