import { promises as dnsPromises } from 'node:dns';
import pLimit, { type LimitFunction } from 'p-limit';
import type { FailureCode } from '../../core/failures.ts';
import { steadyNow } from '../../util/clock.ts';
import { errorCode } from '../../util/files/errno.ts';

/** The addresses of a name, or why there are none. */
export type DnsAnswer =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly code: Extract<FailureCode, `dns_${string}`> };

interface Kept {
  readonly answer: Promise<DnsAnswer>;
  /** When the answer expires, in milliseconds of the clock; Infinity while the question is under way. */
  until: number;
}

export interface DnsOptions {
  /** Name servers as `address` or `address:port`; an empty list means the system's. */
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  /** This cache's share (0 to 1) of the questions that may be under way; default 1. */
  readonly share?: number;
  /** Called with the outcome of each question. That a name does not exist is an answer, too. */
  readonly onAnswer?: (name: string, answer: DnsAnswer) => void;
  readonly now?: () => number;
}

const MAX_IN_FLIGHT = 256;
/** Maximum questions for one name, to one server after the other, until one is answered. */
const MAX_QUESTIONS = 4;
/** Codes that are an answer about the name: it has no address. EBADNAME: no name can have this form. */
const IS_ANSWER: ReadonlySet<string | undefined> = new Set([
  'ENOTFOUND',
  'ENODATA',
  'EBADNAME',
  'ECANCELLED',
]);
const LOCALHOST: DnsAnswer = { ok: true, addresses: ['127.0.0.1'] };
const MAX_KEPT = 200_000;
const POSITIVE_TTL_MS = { least: 60_000, most: 3_600_000 };
const NOT_FOUND_TTL_MS = 600_000;
/** Short: the rows of one pass share the answer, and the next pass asks again. */
const FAILED_TTL_MS = 1_000;

/**
 * Looks names up with c-ares, which needs no thread of libuv's pool, and caches positive and negative answers. A name is
 * looked up once no matter how many rows wait for it; IPv6 only if there is no IPv4 address.
 */
export class DnsCache {
  /** One for each name server: with several, c-ares would take a SERVFAIL of the first for the answer. */
  readonly #resolvers: readonly dnsPromises.Resolver[];
  readonly #limit: LimitFunction;
  readonly #kept = new Map<string, Kept>();
  #turn = 0;
  readonly #onAnswer: (name: string, answer: DnsAnswer) => void;
  readonly #now: () => number;

  constructor({ servers, timeoutMs, share = 1, onAnswer = () => {}, now = steadyNow }: DnsOptions) {
    this.#limit = pLimit(Math.ceil(MAX_IN_FLIGHT * share));
    const timeout = Math.max(1, Math.floor(timeoutMs / MAX_QUESTIONS));
    this.#resolvers = (servers.length > 0 ? servers : dnsPromises.getServers()).map((server) => {
      const resolver = new dnsPromises.Resolver({ timeout, tries: 1 });
      resolver.setServers([server]);
      return resolver;
    });
    this.#onAnswer = onAnswer;
    this.#now = now;
  }

  resolve(name: string): Promise<DnsAnswer> {
    // RFC 6761: names under localhost must not go to a name server.
    if (name === 'localhost' || name.endsWith('.localhost')) return Promise.resolve(LOCALHOST);
    const known = this.#kept.get(name);
    if (known !== undefined && known.until > this.#now()) return known.answer;
    const kept: Kept = { answer: this.#limit(() => this.#ask(name, kept)), until: Number.POSITIVE_INFINITY };
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    this.#forgetOldest();
    return kept.answer;
  }

  /** Abandons every question under way; they end as `dns_failed`. */
  close(): void {
    this.#limit.clearQueue();
    for (const resolver of this.#resolvers) resolver.cancel();
  }

  async #ask(name: string, kept: Kept): Promise<DnsAnswer> {
    const { answer, ttlMs } = await this.#askServers(name);
    kept.until = this.#now() + ttlMs;
    this.#onAnswer(name, answer);
    return answer;
  }

  async #askServers(name: string): Promise<{ answer: DnsAnswer; ttlMs: number }> {
    try {
      const ipv4 = await this.#askInTurn((resolver) => resolver.resolve4(name, { ttl: true }));
      if (ipv4.length > 0) return positive(ipv4);
    } catch (error) {
      if (errorCode(error) !== 'ENODATA') return negative(error);
    }
    try {
      return positive(await this.#askInTurn((resolver) => resolver.resolve6(name, { ttl: true })));
    } catch (error) {
      return negative(error);
    }
  }

  /** Asks the servers in turn: again after silence, the next one after a failure, until every server has failed. */
  async #askInTurn<T>(ask: (resolver: dnsPromises.Resolver) => Promise<T>): Promise<T> {
    const { length } = this.#resolvers;
    let failures = 0;
    this.#turn += 1;
    for (let question = 1; ; question += 1) {
      const resolver = this.#resolvers[(this.#turn + question) % length];
      if (resolver === undefined) throw new Error('no name server is known');
      try {
        return await ask(resolver);
      } catch (error) {
        const code = errorCode(error);
        if (code !== 'ETIMEOUT') failures += 1;
        if (IS_ANSWER.has(code) || failures === length || question === MAX_QUESTIONS) throw error;
      }
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
