import type { FailureCode } from '../core/failures.ts';

/** Distinct URLs in a row that nobody took, after which a host counts as dead. */
const MAX_UNREACHED = 3;
/** The same of those that it took and never answered whole. */
const MAX_SILENT = 3;
/**
 * A host that has never answered may have too few URLs for that: attempts count as well, later ones of the same URL
 * among them. A single URL has its retries.
 */
const MAX_ATTEMPTS = { unreached: 4, silent: 3, leastUrls: 2 } as const;

/** Whether a host is there at all, by what its URLs ended as since it last answered. */
export class HostHealth {
  readonly #unreached = new Set<string>();
  #attempts = 0;
  readonly #silent = new Set<string>();
  #silences = 0;
  #hasAnswered = false;
  /** Start of the look-up whose failure was last counted: rows that shared it are one piece of evidence. */
  #lookupAt = Number.NEGATIVE_INFINITY;

  /** Requests that may be under way at a time, so that no more than needed go to a host that may be dead. */
  get patience(): number {
    return this.#unreached.size === 0 ? Number.POSITIVE_INFINITY : MAX_UNREACHED - this.#unreached.size;
  }

  /** Times in a row that it took requests and answered none of them whole. */
  get silences(): number {
    return this.#silences;
  }

  /** Whether anything has failed since it last answered. */
  get isSuspect(): boolean {
    return this.#unreached.size > 0 || this.#silences > 0;
  }

  answered(): void {
    this.#hasAnswered = true;
    this.forget();
  }

  /** Starts with a clean slate. */
  forget(): void {
    this.#unreached.clear();
    this.#attempts = 0;
    this.#silent.clear();
    this.#silences = 0;
  }

  /** Nobody took the request that began at `startedAt`. Whether the host counts as dead now. */
  unreached(url: string, code: FailureCode, startedAt: number, now: number): boolean {
    if (code === 'dns_failed' || code === 'dns_timeout') {
      if (startedAt < this.#lookupAt) return false;
      this.#lookupAt = now;
    }
    this.#unreached.add(url);
    this.#attempts += 1;
    return (
      this.#unreached.size >= MAX_UNREACHED || this.#isTriedOut(this.#unreached, this.#attempts, 'unreached')
    );
  }

  /**
   * The request was taken and never answered whole; those that were under way together are one. Whether the host
   * counts as dead now.
   */
  silent(url: string): boolean {
    this.#unreached.clear();
    this.#attempts = 0;
    this.#silent.add(url);
    this.#silences += 1;
    return this.#silent.size >= MAX_SILENT || this.#isTriedOut(this.#silent, this.#silences, 'silent');
  }

  #isTriedOut(urls: ReadonlySet<string>, attempts: number, kind: 'unreached' | 'silent'): boolean {
    return !this.#hasAnswered && urls.size >= MAX_ATTEMPTS.leastUrls && attempts >= MAX_ATTEMPTS[kind];
  }
}
