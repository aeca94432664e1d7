import { setTimeout } from 'node:timers/promises';
import { ObjectError } from '../interface/object-error.ts';

export const ATTEMPTS = 10;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 20_000;

/** Milliseconds before the next attempt: doubled each time, and drawn so that many machines do not return at once. */
export function waitBefore(attempt: number, draw: () => number = Math.random): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return longest * (0.5 + draw() / 2);
}

/**
 * Tries a request until it succeeds, fails for good or has failed ten times, within about a minute unless the store wants
 * longer pauses. `request` receives
 * the number of earlier attempts and a signal that ends an attempt after `timeoutMs`, which counts as temporary.
 */
export async function withAttempts<T>(
  timeoutMs: number,
  request: (attempt: number, signal: AbortSignal) => Promise<T>,
  stop: AbortSignal | null = null,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    let wantedMs = 0;
    try {
      return await withTimeout(timeoutMs, stop, (signal) => request(attempt, signal));
    } catch (error) {
      if (!isTemporary(error) || attempt + 1 >= ATTEMPTS) throw error;
      if (error instanceof ObjectError) wantedMs = error.waitMs;
    }
    const waitMs = Math.max(wantedMs, waitBefore(attempt + 1));
    await setTimeout(waitMs, undefined, stop === null ? {} : { signal: stop });
  }
}

export const isTemporary = (error: unknown): boolean =>
  error instanceof ObjectError && error.code === 'temporary';

/** Ends a request that takes too long, even if it does not listen to its signal. */
export async function withTimeout<T>(
  timeoutMs: number,
  stop: AbortSignal | null,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  stop?.throwIfAborted();
  const controller = new AbortController();
  const onStop = (): void => controller.abort(stop?.reason);
  stop?.addEventListener('abort', onStop, { once: true });
  const seconds = timeoutMs / 1000;
  const late = new ObjectError(
    'temporary',
    `the store has not answered within ${seconds} s; run the same command again when it does`,
  );
  const timer = globalThis.setTimeout(() => controller.abort(late), timeoutMs);
  try {
    const ended = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
    });
    return await Promise.race([request(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', onStop);
  }
}
