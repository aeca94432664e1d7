import type { Answer, BoxRequest, DnsAnswer, RateLimit, TlsFlavour, WebScript } from './answers.ts';

const NOT_FOUND: Answer = { status: 404, body: { text: 'The script of this web has no such page.' } };
const TOO_MANY: Answer = { status: 429, headers: [['Retry-After', '1']] };

/** A running script: the position in each sequence of answers, and the number of requests per host. */
export class ScriptState {
  #script: WebScript;
  #turns = new Map<string, number>();
  #recentRequests = new Map<string, number[]>();

  constructor(script: WebScript) {
    this.#script = script;
  }

  /** Restarts every sequence. */
  reset(): void {
    this.#turns.clear();
    this.#recentRequests.clear();
  }

  dnsAnswer(name: string, type: string): DnsAnswer {
    const dns = this.#host(name)?.dns ?? {};
    if (typeof dns === 'function') return dns(name);
    return isList(dns) ? this.#next(`${type} ${name}`, dns) : dns;
  }

  tls(host: string): TlsFlavour {
    return this.#host(host)?.tls ?? 'trusted';
  }

  /** The next answer to a request, given the open connections to its host. `nowMs` must not decrease. */
  answer(request: BoxRequest, openConnections: number, nowMs: number): Answer {
    const host = this.#host(request.host);
    const limit = host?.rateLimit;
    if (limit !== undefined && this.#exceeds(limit, request.host, openConnections, nowMs)) {
      return limit.answer ?? TOO_MANY;
    }
    const pathname = request.path.split('?', 1)[0] ?? '';
    const paths = host?.paths;
    const reply =
      paths?.[request.path] ?? paths?.[pathname] ?? paths?.['*'] ?? this.#otherwise() ?? NOT_FOUND;
    if (typeof reply === 'function') return reply(request);
    return isList(reply) ? this.#next(request.host + request.path, reply) : reply;
  }

  #host(name: string) {
    return this.#script.hosts[name] ?? this.#script.hosts['*'];
  }

  #otherwise() {
    return this.#script.hosts['*']?.paths?.['*'];
  }

  #next<T>(key: string, sequence: readonly T[]): T {
    const turn = this.#turns.get(key) ?? 0;
    this.#turns.set(key, turn + 1);
    const item = sequence[Math.min(turn, sequence.length - 1)];
    if (item === undefined)
      throw new Error(`Cannot answer ${key}: expected at least one answer, found an empty list`);
    return item;
  }

  #exceeds(limit: RateLimit, host: string, openConnections: number, nowMs: number): boolean {
    if (limit.connections !== undefined && openConnections > limit.connections) return true;
    if (limit.perSecond === undefined) return false;
    const recent = (this.#recentRequests.get(host) ?? []).filter((time) => time > nowMs - 1000);
    const exceeds = recent.length >= limit.perSecond;
    // Only granted requests count towards the limit, so a client that backs off succeeds.
    if (!exceeds) recent.push(nowMs);
    this.#recentRequests.set(host, recent);
    return exceeds;
  }
}

/** `Array.isArray` does not narrow a union with a readonly array. */
const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);
