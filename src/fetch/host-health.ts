import type { FailureCode } from '../core/failures.ts';

/** Distinct URLs in a row that nobody took, after which a host counts as dead. */
const MAX_UNREACHED = 3;
/** The same for URLs that it took and never answered whole: a slow host deserves more patience than a missing one. */
const MAX_SILENT = 5;

/** Whether a host is there at all, by what its URLs ended as since it last answered. */
export class HostHealth {
  readonly #unreached = new Set<string>();
  readonly #silent = new Set<string>();
  /** Start of the look-up whose failure was last counted: rows that shared it are one piece of evidence. */
  #lookupAt = Number.NEGATIVE_INFINITY;

  /** Requests that may be under way at a time, so that no more than needed go to a host that may be dead. */
  get patience(): number {
    return this.#unreached.size === 0 ? Number.POSITIVE_INFINITY : MAX_UNREACHED - this.#unreached.size;
  }

  /** Whether anything has failed since it last answered. */
  get isSuspect(): boolean {
    return this.#unreached.size > 0 || this.#silent.size > 0;
  }

  answered(): void {
    this.#unreached.clear();
    this.#silent.clear();
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

  /** The request was taken and never answered whole. Whether the host counts as dead now. */
  silent(url: string): boolean {
    this.#unreached.clear();
    this.#silent.add(url);
    return this.#silent.size >= MAX_SILENT;
  }
}
