import { promises as dnsPromises } from 'node:dns';
import pLimit, { type LimitFunction } from 'p-limit';
import type { FailureCode } from '../../core/failures.ts';
import { steadyNow } from '../../util/clock.ts';
import { type AddressType, encodeQuery } from './dns/message.ts';
import { NameServer, type Outcome } from './dns/name-server.ts';

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
const LOCALHOST: DnsAnswer = { ok: true, addresses: ['127.0.0.1'] };
const MAX_KEPT = 200_000;
const POSITIVE_TTL_MS = { least: 60_000, most: 3_600_000 };
const NOT_FOUND_TTL_MS = 600_000;
/** Short: the rows of one pass share the answer, and the next pass asks again. */
const FAILED_TTL_MS = 1_000;
const NOT_FOUND = { answer: { ok: false, code: 'dns_not_found' }, ttlMs: NOT_FOUND_TTL_MS } as const;

/**
 * Looks names up and caches positive and negative answers. A name is looked up once no matter how many rows wait for it;
 * IPv6 only if there is no IPv4 address. Neither a bad answer nor a stray datagram touches the look-ups of other names.
 */
export class DnsCache {
  readonly #servers: readonly NameServer[];
  readonly #limit: LimitFunction;
  readonly #kept = new Map<string, Kept>();
  #turn = 0;
  #isClosed = false;
  readonly #onAnswer: (name: string, answer: DnsAnswer) => void;
  readonly #now: () => number;

  constructor({ servers, timeoutMs, share = 1, onAnswer = () => {}, now = steadyNow }: DnsOptions) {
    this.#limit = pLimit(Math.ceil(MAX_IN_FLIGHT * share));
    const maxTimeoutMs = Math.max(1, Math.floor(timeoutMs / MAX_QUESTIONS));
    const addresses = servers.length > 0 ? servers : dnsPromises.getServers();
    this.#servers = addresses.map((address) => new NameServer(address, maxTimeoutMs));
    this.#onAnswer = onAnswer;
    this.#now = now;
  }

  /** Rejects only if this process has too many open files. */
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

  /** Abandons every question under way; the names end as if no server had answered. */
  close(): void {
    this.#isClosed = true;
    this.#limit.clearQueue();
    for (const server of this.#servers) server.close();
  }

  async #ask(name: string, kept: Kept): Promise<DnsAnswer> {
    const ipv4 = await this.#askServers(name, 'A');
    const isAbsent = ipv4.kind === 'addresses' && ipv4.addresses.length === 0;
    const { answer, ttlMs } = conclude(isAbsent ? await this.#askServers(name, 'AAAA') : ipv4);
    kept.until = this.#now() + ttlMs;
    this.#onAnswer(name, answer);
    return answer;
  }

  /**
   * Asks the servers in turn: again after silence, the next one after a failure, until every server has failed. A
   * malformed answer may be forged or an accident, so a server fails only at the second one.
   */
  async #askServers(name: string, type: AddressType): Promise<Outcome> {
    const question = encodeQuery(name, type);
    if (question === null) return { kind: 'not_found' };
    const { length } = this.#servers;
    let failures = 0;
    let hasMalformed = false;
    this.#turn += 1;
    for (let count = 1; ; count += 1) {
      const server = this.#servers[(this.#turn + count) % length];
      if (server === undefined) throw new Error('no name server is known');
      const outcome = await server.ask(question);
      if (outcome.kind === 'addresses' || outcome.kind === 'not_found') return outcome;
      if (outcome.kind === 'failed' || (outcome.kind === 'malformed' && hasMalformed)) failures += 1;
      if (outcome.kind === 'malformed') hasMalformed = true;
      if (failures >= length || count === MAX_QUESTIONS || this.#isClosed) return outcome;
    }
  }

  #forgetOldest(): void {
    if (this.#kept.size <= MAX_KEPT) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** What the last outcome of a look-up says about the name, and for how long. */
function conclude(outcome: Outcome): { readonly answer: DnsAnswer; readonly ttlMs: number } {
  switch (outcome.kind) {
    case 'addresses': {
      const { addresses, ttlSeconds } = outcome;
      if (addresses.length === 0) return NOT_FOUND;
      const ttlMs = Math.min(Math.max(ttlSeconds * 1000, POSITIVE_TTL_MS.least), POSITIVE_TTL_MS.most);
      return { answer: { ok: true, addresses }, ttlMs };
    }
    case 'not_found':
      return NOT_FOUND;
    case 'silent':
      return { answer: { ok: false, code: 'dns_timeout' }, ttlMs: FAILED_TTL_MS };
    default:
      return { answer: { ok: false, code: 'dns_failed' }, ttlMs: FAILED_TTL_MS };
  }
}
