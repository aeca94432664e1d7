import type { FailureCode } from '../core/failures.ts';

/** Distinct URLs in a row that nobody took, after which a host counts as dead. */
const MAX_UNREACHED = 3;
/**
 * Times in a row that it took requests and answered none of them whole. Of a host that has answered before, they must
 * be about as many URLs: a page that hangs is not the host.
 */
const MAX_SILENT = 3;

/** Whether a host is there at all, by what its URLs ended as since it last answered. */
export class HostHealth {
  readonly #unreached = new Set<string>();
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
    return this.#unreached.size >= MAX_UNREACHED;
  }

  /**
   * The request was taken and never answered whole; those that were under way together are one. Whether the host
   * counts as dead now.
   */
  silent(url: string): boolean {
    this.#unreached.clear();
    this.#silent.add(url);
    this.#silences += 1;
    return (this.#hasAnswered ? this.#silent.size : this.#silences) >= MAX_SILENT;
  }
}
