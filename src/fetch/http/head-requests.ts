import type { HostKey } from '../../core/samples.ts';

/** Status codes by which servers say that they know no HEAD. */
const REFUSALS: ReadonlySet<number> = new Set([405, 501]);

/** Requests for headers alone: by HEAD, or by GET where a host does not accept that. */
export class HeadRequests {
  readonly #refusing = new Set<HostKey>();

  method(host: HostKey): 'HEAD' | 'GET' {
    return this.#refusing.has(host) ? 'GET' : 'HEAD';
  }

  /** Whether the host does not accept HEAD, so that the request is to be repeated. From then on it gets GET. */
  isRefused(host: HostKey, status: number): boolean {
    if (!REFUSALS.has(status)) return false;
    this.#refusing.add(host);
    return true;
  }
}
