import { promises as dnsPromises } from 'node:dns';
import pLimit from 'p-limit';
import type { FailureCode } from '../core/failures.ts';

/** Addresses of a name, or why there are none. */
export type DnsAnswer =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly code: Extract<FailureCode, `dns_${string}`> };

interface Kept {
  readonly answer: Promise<DnsAnswer>;
  /** When the answer must be asked for again, milliseconds of the clock; Infinity while it is under way. */
  until: number;
}

export interface DnsOptions {
  /** Name servers as `address` or `address:port`; empty for the system's. */
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  readonly now?: () => number;
}

const MAX_IN_FLIGHT = 256;
const MAX_KEPT = 200_000;
const POSITIVE_TTL_MS = { least: 60_000, most: 3_600_000 };
const NOT_FOUND_TTL_MS = 600_000;
/** Short, so that the rows of one pass share the answer and the next pass asks again. */
const FAILED_TTL_MS = 1_000;

/**
 * Looks names up with c-ares, which needs no thread of libuv's pool, and remembers positive and negative answers.
 * A name is asked for once however many rows wait for it; IPv6 is asked for only where there is no IPv4.
 */
export class DnsCache {
  readonly #resolver: dnsPromises.Resolver;
  readonly #limit = pLimit(MAX_IN_FLIGHT);
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  constructor({ servers, timeoutMs, now = Date.now }: DnsOptions) {
    // c-ares doubles the wait for the second try, which makes three parts in all.
    this.#resolver = new dnsPromises.Resolver({ timeout: Math.max(1, Math.floor(timeoutMs / 3)), tries: 2 });
    if (servers.length > 0) this.#resolver.setServers(servers);
    this.#now = now;
  }

  resolve(name: string): Promise<DnsAnswer> {
    const known = this.#kept.get(name);
    if (known !== undefined && known.until > this.#now()) return known.answer;
    const kept: Kept = { answer: this.#limit(() => this.#ask(name, kept)), until: Number.POSITIVE_INFINITY };
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    this.#forgetOldest();
    return kept.answer;
  }

  /** Abandons every question that is under way; they end as `dns_failed`. */
  close(): void {
    this.#limit.clearQueue();
    this.#resolver.cancel();
  }

  async #ask(name: string, kept: Kept): Promise<DnsAnswer> {
    const { answer, ttlMs } = await this.#askServers(name);
    kept.until = this.#now() + ttlMs;
    return answer;
  }

  async #askServers(name: string): Promise<{ answer: DnsAnswer; ttlMs: number }> {
    // RFC 6761: a name under localhost never goes to a name server.
    if (name === 'localhost' || name.endsWith('.localhost'))
      return positive([{ address: '127.0.0.1', ttl: 3600 }]);
    try {
      const ipv4 = await this.#resolver.resolve4(name, { ttl: true });
      if (ipv4.length > 0) return positive(ipv4);
    } catch (error) {
      if (errorCode(error) !== 'ENODATA') return negative(error);
    }
    try {
      return positive(await this.#resolver.resolve6(name, { ttl: true }));
    } catch (error) {
      return negative(error);
    }
  }

  #forgetOldest(): void {
    if (this.#kept.size <= MAX_KEPT) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}

function positive(records: readonly { address: string; ttl: number }[]): {
  answer: DnsAnswer;
  ttlMs: number;
} {
  const ttlMs = Math.min(...records.map((record) => record.ttl)) * 1000;
  return {
    answer: { ok: true, addresses: records.map((record) => record.address) },
    ttlMs: Math.min(Math.max(ttlMs, POSITIVE_TTL_MS.least), POSITIVE_TTL_MS.most),
  };
}

function negative(error: unknown): { answer: DnsAnswer; ttlMs: number } {
  switch (errorCode(error)) {
    // EBADNAME: the name breaks the rules for names, so no server can know it.
    case 'ENOTFOUND':
    case 'ENODATA':
    case 'EBADNAME':
      return { answer: { ok: false, code: 'dns_not_found' }, ttlMs: NOT_FOUND_TTL_MS };
    case 'ETIMEOUT':
      return { answer: { ok: false, code: 'dns_timeout' }, ttlMs: FAILED_TTL_MS };
    default:
      return { answer: { ok: false, code: 'dns_failed' }, ttlMs: FAILED_TTL_MS };
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
