import type { FailureCode } from '../../core/failures.ts';

/** A host is dead after this many distinct URLs in a row that did not reach it. */
const MAX_UNREACHED = 3;
/** The same for URLs that it took and never answered completely. */
const MAX_SILENT = 3;
/**
 * A host that has never answered may not have that many URLs. So attempts count as well, including later ones of the same
 * URL. A single URL gets all its retries.
 */
const MAX_ATTEMPTS = { unreached: 4, silent: 3, leastUrls: 2 } as const;

/** URLs remembered that were never answered completely. */
const MAX_KNOWN = 64;

/** Whether a host is alive, by the outcomes of its URLs since it last answered. */
export class HostHealth {
  readonly #unreached = new Set<string>();
  #attempts = 0;
  readonly #silent = new Set<string>();
  /** Of the silent URLs, one for each group that was under way together. */
  readonly #silentApart = new Set<string>();
  #silences = 0;
  /** URLs that were silent once; their later attempts say nothing about a host that answers others. */
  readonly #knownSilent = new Set<string>();
  #hasAnswered: boolean;
  /** Start of the look-up whose failure was last counted: rows that shared it count as one failure. */
  #lookupAt = Number.NEGATIVE_INFINITY;

  /** `hasAnswered`: whether the host answered in an earlier run. */
  constructor(hasAnswered: boolean) {
    this.#hasAnswered = hasAnswered;
  }

  /** Maximum requests under way at a time: a host that may be dead gets no more than needed to find out. */
  get maxRequests(): number {
    return this.#unreached.size === 0 ? Number.POSITIVE_INFINITY : MAX_UNREACHED - this.#unreached.size;
  }

  /** Times in a row that the host took requests and answered none completely. */
  get silences(): number {
    return this.#silences;
  }

  /** Whether anything has failed since the host last answered. */
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

  /** The request that began at `startedAt` did not reach the host. Returns whether the host is dead now. */
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

  /** Whether the silence of this URL says nothing about the host: it was silent before, and others were answered. */
  isUrlsOwn(url: string): boolean {
    return this.#hasAnswered && this.#knownSilent.has(url);
  }

  /**
   * The host took the request and never answered completely. Requests that were under way together count as one silence.
   * Returns whether the host is dead now.
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
