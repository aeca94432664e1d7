import type { FailureCode } from '../../core/failures.ts';
import { urlHost } from '../../util/text/url-host.ts';

/** A host with failed rows. */
export interface HostFailures {
  readonly host: string;
  /** Rows that failed; at least so many if there were more hosts than are counted. */
  readonly failed: number;
  /** The most frequent failure among them. */
  readonly mostly: FailureCode;
}

/** Maximum hosts that are counted. A host with more than one of so many failures is always among them. */
const MAX_HOSTS = 4_096;

/** Remembers an example of each failure, and the hosts with most failures, in bounded memory. */
export class FailureNotes {
  readonly examples = new Map<FailureCode, string>();
  readonly #maxHosts: number;
  readonly #hosts = new Map<string, Map<FailureCode, number>>();

  constructor(maxHosts = MAX_HOSTS) {
    this.#maxHosts = maxHosts;
  }

  add(code: FailureCode, url: string | null): void {
    if (url === null || url.trim() === '' || code === 'duplicate_url') return;
    if (!this.examples.has(code)) this.examples.set(code, url);
    const host = urlHost(url);
    if (host === null) return;
    const known = this.#hosts.get(host);
    if (known !== undefined) known.set(code, (known.get(code) ?? 0) + 1);
    else if (this.#hosts.size < this.#maxHosts) this.#hosts.set(host, new Map([[code, 1]]));
    else this.#makeRoom();
  }

  /** The hosts with most failed rows, first the one with most. */
  worstHosts(count: number): HostFailures[] {
    return [...this.#hosts]
      .map(([host, codes]) => ({ host, failed: sum(codes), mostly: commonest(codes) }))
      .sort((a, b) => b.failed - a.failed)
      .slice(0, count);
  }

  /** Takes one failure from each host, as Misra and Gries do, so that those with few make room. */
  #makeRoom(): void {
    for (const [host, codes] of this.#hosts) {
      const code = commonest(codes);
      const left = (codes.get(code) ?? 0) - 1;
      if (left > 0) codes.set(code, left);
      else codes.delete(code);
      if (codes.size === 0) this.#hosts.delete(host);
    }
  }
}

const sum = (codes: ReadonlyMap<FailureCode, number>): number =>
  [...codes.values()].reduce((a, b) => a + b, 0);

function commonest(codes: ReadonlyMap<FailureCode, number>): FailureCode {
  let most: FailureCode = 'network_error';
  let rows = 0;
  for (const [code, count] of codes) {
    if (count > rows) [most, rows] = [code, count];
  }
  return most;
}
