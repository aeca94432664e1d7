import type { FailureCode } from '../core/failures.ts';
import type { FetchFacts, HostKey } from '../core/samples.ts';
import { createAddressPolicy } from './addresses.ts';
import { type NamedFailure, namedFailure } from './classify.ts';
import { ConnectionPool } from './connection-pool.ts';
import { decodeContent } from './content-encoding.ts';
import { createDialler } from './dial.ts';
import { DnsCache } from './dns.ts';
import { type ExchangeOptions, type ExchangeOutcome, exchange } from './exchange.ts';
import { Frontier } from './frontier.ts';
import { createOptOutPolicy } from './opt-out.ts';
import { decideRetry } from './retry.ts';
import { parseTarget, type Target } from './target.ts';

export interface FetchSettings {
  readonly concurrency: number;
  readonly perHost: number;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
  readonly retries: number;
  readonly resolvers: readonly string[];
  readonly userAgent: string;
  /** The robot's name by which X-Robots-Tag may address us besides our own. */
  readonly userAgentToken: string | null;
  readonly optOutDirectives: readonly string[];
  /** Networks in CIDR notation. */
  readonly allowPrivate: readonly string[];
  readonly ports: readonly number[];
  readonly insecureTls: boolean;
}

/** A body, or the failure that the row ends with. */
export type FetchResult =
  | {
      readonly ok: true;
      readonly body: Buffer;
      readonly contentType: string | null;
      readonly facts: FetchFacts;
    }
  | { readonly ok: false; readonly failure: NamedFailure; readonly facts: FetchFacts };

/** A row on its way; redirects and later attempts go through the frontier again, under the host that is next asked. */
interface Task {
  readonly order: number;
  readonly first: Target;
  readonly resolve: (result: FetchResult) => void;
  target: Target;
  host: HostKey;
  redirects: number;
  attempts: number;
  /** What the current attempt has used of its deadline. */
  spentMs: number;
  /** Asks for a new connection, after a kept one turned out to be closed. */
  fresh: boolean;
}

const MAX_REDIRECTS = 5;

/**
 * Fetches URLs: hosts take turns, redirects are followed by hand, what may heal is tried again in a later pass.
 * Every call of `fetch` settles with a body or a named failure, unless `stop` was called.
 */
export class Fetcher {
  readonly #settings: FetchSettings;
  readonly #exchangeOptions: ExchangeOptions;
  readonly #dns: DnsCache;
  readonly #pool: ConnectionPool;
  readonly #frontier: Frontier<Task>;
  readonly #portIsOpen: (port: number) => boolean;
  #rows = 0;

  /** `onBroken` is told when the machine itself cannot go on, such as for want of file descriptors. */
  constructor(settings: FetchSettings, onBroken: (fault: Error) => void) {
    const { timeoutMs, maxBodyBytes, perHost, concurrency, ports, insecureTls } = settings;
    const policy = createAddressPolicy(settings.allowPrivate);
    this.#settings = settings;
    this.#exchangeOptions = {
      userAgent: settings.userAgent,
      optOut: createOptOutPolicy(settings.optOutDirectives, settings.userAgentToken),
      maxBodyBytes,
      onBroken,
    };
    this.#portIsOpen = (port) => policy.namesPrivate || ports.includes(port);
    this.#dns = new DnsCache({ servers: settings.resolvers, timeoutMs });
    const dial = createDialler({ dns: this.#dns, policy, ports, timeoutMs, insecureTls });
    const limits = { timeoutMs, maxBodyBytes };
    this.#pool = new ConnectionPool({ dial, limits, perHost, maxIdle: concurrency });
    this.#frontier = new Frontier({ concurrency, perHost, run: (task) => this.#run(task) });
  }

  /** Rows that wait for a place; rows that wait for another pass are not among them. */
  get waiting(): number {
    return this.#frontier.waiting;
  }

  /** Requests under way. */
  get active(): number {
    return this.#frontier.active;
  }

  fetch(url: string | null): Promise<FetchResult> {
    const target = parseTarget(url);
    if ('code' in target) return Promise.resolve(refusal(target.code));
    if (!this.#portIsOpen(target.port)) return Promise.resolve(refusal('port_refused'));
    return new Promise((resolve) => {
      const { host } = target;
      const order = this.#rows++;
      const task = {
        order,
        first: target,
        resolve,
        target,
        host,
        redirects: 0,
        attempts: 0,
        spentMs: 0,
        fresh: false,
      };
      this.#frontier.add(task);
    });
  }

  /** While held, no request starts. */
  hold(held: boolean): void {
    this.#frontier.hold(held);
  }

  /** Starts no further request; rows that wait stay unsettled for good. */
  stop(): void {
    this.#frontier.stop();
  }

  /** Stops, closes every connection and abandons look-ups; what was in flight may stay unsettled. */
  async close(): Promise<void> {
    this.#frontier.stop();
    this.#dns.close();
    await this.#pool.close();
  }

  async #run(task: Task): Promise<void> {
    const { host, target } = task;
    if (task.redirects === 0 && !task.fresh) task.attempts += 1;
    const startedAt = performance.now();
    const connection = await this.#pool.acquire(host, target.url.origin, task.fresh);
    task.fresh = false;
    const leftMs = Math.max(1, this.#settings.deadlineMs - task.spentMs);
    const outcome = await exchange(connection, target.url, leftMs, this.#exchangeOptions);
    task.spentMs += performance.now() - startedAt;
    await this.#pool.release(connection);
    await this.#take(task, outcome);
  }

  async #take(task: Task, outcome: ExchangeOutcome): Promise<void> {
    if (outcome.kind === 'body') await this.#deliver(task, outcome);
    else if (outcome.kind === 'redirect') this.#follow(task, outcome.status, outcome.location);
    else if (outcome.stale) this.#again(task);
    else this.#fail(task, outcome.failure, outcome.status, outcome.retryAfterMs);
  }

  async #deliver(task: Task, { body, headers, status }: ExchangeOutcome & { kind: 'body' }): Promise<void> {
    const decoded = await decodeContent(body, headers.contentEncoding, this.#settings.maxBodyBytes);
    if (typeof decoded === 'string') {
      this.#fail(task, namedFailure(decoded), status);
      return;
    }
    if (decoded.length === 0) {
      this.#fail(task, namedFailure('body_empty'), status);
      return;
    }
    const contentType = headers.contentType?.split(';')[0]?.trim().toLowerCase() ?? null;
    task.resolve({ ok: true, body: decoded, contentType, facts: facts(task, status, decoded.length) });
  }

  /** A kept connection had been closed by the server: the same request once more, on a new one. */
  #again(task: Task): void {
    task.fresh = true;
    this.#frontier.add(task);
  }

  #follow(task: Task, status: number, location: string | null): void {
    task.redirects += 1;
    const next = this.#redirectTarget(task, location);
    if ('code' in next) {
      this.#fail(task, namedFailure(next.code), status);
      return;
    }
    task.target = next;
    task.host = next.host;
    this.#frontier.add(task);
  }

  #redirectTarget(task: Task, location: string | null): Target | { readonly code: FailureCode } {
    if (task.redirects > MAX_REDIRECTS) return { code: 'redirect_limit' };
    const next = location === null ? null : parseTarget(location, task.target.url.href);
    if (next === null || 'code' in next) return { code: 'redirect_invalid' };
    return this.#portIsOpen(next.port) ? next : { code: 'port_refused' };
  }

  #fail(task: Task, failure: NamedFailure, status: number | null, retryAfterMs: number | null = null): void {
    const { attempts } = task;
    const delayMs = decideRetry({ failure, attempts, retryAfterMs }, this.#settings, Math.random());
    if (delayMs === null) {
      task.resolve({ ok: false, failure, facts: facts(task, status, null) });
      return;
    }
    const until = Date.now() + delayMs;
    if (retryAfterMs !== null) this.#frontier.pauseHost(task.host, until);
    task.target = task.first;
    task.host = task.first.host;
    task.redirects = 0;
    task.spentMs = 0;
    this.#frontier.park(task, until);
  }
}

function facts(task: Task, httpStatus: number | null, bytes: number | null): FetchFacts {
  const finalUrl = httpStatus === null ? null : task.target.url.href;
  return { httpStatus, finalUrl, attempts: task.attempts, bytes, mimeType: null, fetchedAt: Date.now() };
}

/** A row that ends without a request. */
export function refusal(code: FailureCode): FetchResult & { readonly ok: false } {
  const facts = {
    httpStatus: null,
    finalUrl: null,
    attempts: 0,
    bytes: null,
    mimeType: null,
    fetchedAt: null,
  };
  return { ok: false, failure: namedFailure(code), facts };
}
