import type { FailureCode } from '../../core/failures.ts';

/** Distinct URLs in a row that nobody took, after which a host counts as dead. */
const MAX_UNREACHED = 3;
/** The same of those that it took and never answered whole. */
const MAX_SILENT = 3;
/**
 * A host that has never answered may have too few URLs for that: attempts count as well, later ones of the same URL
 * among them. A single URL has its retries.
 */
const MAX_ATTEMPTS = { unreached: 4, silent: 3, leastUrls: 2 } as const;

/** URLs remembered that were never answered whole. */
const MAX_KNOWN = 64;

/** Whether a host is there at all, by what its URLs ended as since it last answered. */
export class HostHealth {
  readonly #unreached = new Set<string>();
  #attempts = 0;
  readonly #silent = new Set<string>();
  /** Of those that were silent, one of each that were under way together. */
  readonly #silentApart = new Set<string>();
  #silences = 0;
  /** URLs that were silent once; later attempts of theirs say nothing of a host that answers others. */
  readonly #knownSilent = new Set<string>();
  #hasAnswered: boolean;
  /** Start of the look-up whose failure was last counted: rows that shared it count as one failure. */
  #lookupAt = Number.NEGATIVE_INFINITY;

  /** `hasAnswered`: whether it once did, before what is known here begins. */
  constructor(hasAnswered: boolean) {
    this.#hasAnswered = hasAnswered;
  }

  /** Requests that may be under way at a time, so that no more than needed go to a host that may be dead. */
  get maxRequests(): number {
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
    this.#silentApart.clear();
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

  /** Whether the silence of this URL says nothing of the host: it was silent before, and others were answered. */
  isUrlsOwn(url: string): boolean {
    return this.#hasAnswered && this.#knownSilent.has(url);
  }

  /**
   * The request was taken and never answered whole; those that were under way together are one silence. Whether the
   * host counts as dead now.
   */
  silent(url: string, isNew: boolean): boolean {
    this.#unreached.clear();
    this.#attempts = 0;
    this.#silent.add(url);
    this.#remember(url);
    if (!isNew) return false;
    this.#silentApart.add(url);
    this.#silences += 1;
    return this.#silentApart.size >= MAX_SILENT || this.#isTriedOut(this.#silent, this.#silences, 'silent');
  }

  #remember(url: string): void {
    this.#knownSilent.add(url);
    const [oldest] = this.#knownSilent;
    if (this.#knownSilent.size > MAX_KNOWN && oldest !== undefined) this.#knownSilent.delete(oldest);
  }

  #isTriedOut(urls: ReadonlySet<string>, attempts: number, kind: 'unreached' | 'silent'): boolean {
    return !this.#hasAnswered && urls.size >= MAX_ATTEMPTS.leastUrls && attempts >= MAX_ATTEMPTS[kind];
  }
}
