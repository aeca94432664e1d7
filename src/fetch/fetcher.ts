import { FAILURES, type FailureCode } from '../core/failures.ts';
import type { HostKey } from '../core/samples.ts';
import { steadyNow } from '../util/clock.ts';
import { Pressure } from '../util/pressure.ts';
import { Breaker, type Circuit } from './breaker/breaker.ts';
import { PendingVerdicts, type Verdicts } from './breaker/verdicts.ts';
import { createAddressPolicy } from './connect/addresses.ts';
import { createDialler } from './connect/dial.ts';
import { createProxyDialler } from './connect/dial-proxy.ts';
import { type DnsAnswer, DnsCache } from './connect/dns.ts';
import { ConnectionPool } from './connect/pool.ts';
import { readProxy } from './connect/proxy.ts';
import type { Handover, Peers } from './handover.ts';
import { mayWait } from './hosts/backoff.ts';
import type { Closure, Host, HostRecord, Visit } from './hosts/host.ts';
import { HostBook } from './hosts/host-book.ts';
import type { HostEvent } from './hosts/host-event.ts';
import { signalOf } from './hosts/host-signal.ts';
import { BodyBudget } from './http/body-budget.ts';
import { BodyMemory } from './http/body-memory.ts';
import { type NamedFailure, namedFailure } from './http/classify.ts';
import { decodeContent } from './http/content-encoding.ts';
import { type ExchangeOptions, type ExchangeOutcome, exchange } from './http/exchange.ts';
import { createOptOutPolicy } from './http/x-robots-tag.ts';
import { type FetchResult, refusal } from './result.ts';
import { decideRetry } from './retry.ts';
import { fetchFacts, handoverOf, prepareAttempt, type RowState } from './row-state.ts';
import { Frontier } from './schedule/frontier.ts';
import { RunLimits } from './schedule/run-limits.ts';
import type { FetchSettings } from './settings.ts';
import { parseTarget, type Target, toTarget } from './target.ts';

/** A later attempt has its place among rows so much younger: others go first, but its shard need not stay open for long. */
const LATER_PASS_ROWS = 4_096;
const MAX_REDIRECTS = 5;
/** Times that a body is asked for again after it was ended to make room. */
const MAX_CUTS = 2;
/** Failures that may be this machine's, and which circuit tells. */
const CIRCUITS: Partial<Record<FailureCode, Circuit>> = {
  dns_failed: 'lookup',
  dns_timeout: 'lookup',
  connect_unreachable: 'route',
  proxy_failed: 'proxy',
  proxy_refused: 'proxy',
};

/** What keeps requests from starting: decoders behind, too many bytes held by the caller, too many bytes of bodies under way. */
export type FetchPressure = 'decoders' | 'heldBytes' | 'bodies';

export interface FetcherOptions {
  readonly settings: FetchSettings;
  /** What an earlier run learnt about hosts. */
  readonly hosts?: readonly HostRecord[];
  /** The fetchers with which this one shares the hosts; without them all hosts are its own. */
  readonly peers?: Peers | undefined;
  /** Called when this machine cannot go on, for example without file descriptors or name servers. */
  readonly onBroken: (error: Error) => void;
  /** Called when the treatment of a host changes. */
  readonly onHost?: ((event: HostEvent) => void) | undefined;
}

/**
 * Fetches URLs: each host gets the connections it bears, redirects are followed by hand, what may heal is tried again
 * in a later pass. Every call of `fetch` settles with a body or a named failure, unless `stop` was called or the
 * machine turned out to be broken.
 */
export class Fetcher {
  /** No request starts while any signal is high. */
  readonly pressure = new Pressure<FetchPressure>((isHigh) => this.#frontier.hold(isHigh));
  readonly #settings: FetchSettings;
  readonly #exchangeOptions: ExchangeOptions;
  readonly #dns: DnsCache;
  readonly #pool: ConnectionPool;
  readonly #book: HostBook;
  readonly #gate: RunLimits;
  readonly #bodies: BodyBudget;
  readonly #memory = new BodyMemory();
  readonly #judge: Verdicts;
  readonly #frontier: Frontier<RowState>;
  readonly #portIsOpen: (port: number) => boolean;
  readonly #peers: Peers | undefined;
  /** Order of the newest row. */
  #newest = 0;

  constructor({ settings, hosts = [], peers, onBroken, onHost }: FetcherOptions) {
    const { timeoutMs, maxBodyBytes, perHost, perHostRate, concurrency, ports, insecureTls } = settings;
    const policy = createAddressPolicy(settings.allowPrivate);
    const proxy = settings.proxy === null ? null : readProxy(settings.proxy);
    this.#settings = settings;
    this.#exchangeOptions = {
      userAgent: settings.userAgent,
      optOut: createOptOutPolicy(settings.optOutDirectives, settings.userAgentToken),
      maxBodyBytes,
      memory: this.#memory,
      proxy,
      patienceMs: timeoutMs,
      onBroken,
    };
    this.#portIsOpen = (port) => port > 0 && (policy.namesPrivate || ports.includes(port));
    this.#peers = peers;
    this.#judge = peers?.verdicts ?? new PendingVerdicts(new Breaker(onBroken), () => this.#isIdle);
    this.#dns = new DnsCache({
      servers: settings.resolvers,
      timeoutMs,
      share: 1 / (peers?.count ?? 1),
      onAnswer: (name, answer) => this.#learnOfLookup(name, answer),
    });
    const dialling = { dns: this.#dns, policy, ports, timeoutMs, insecureTls };
    const dial = proxy === null ? createDialler(dialling) : createProxyDialler(proxy, dialling);
    const limits = { timeoutMs, maxBodyBytes };
    this.#pool = new ConnectionPool({ dial, limits, maxIdle: concurrency });
    this.#book = new HostBook(
      { perHost, intervalMs: perHostRate === null ? 0 : 1000 / perHostRate, onEvent: onHost },
      hosts,
    );
    this.#gate = new RunLimits(settings);
    const maxHeldBytes = Math.max(settings.maxHeldBytes / (peers?.count ?? 1), 2 * maxBodyBytes);
    this.#bodies = new BodyBudget(maxHeldBytes, (isTight) => this.pressure.set('bodies', isTight));
    this.#frontier = new Frontier({
      concurrency,
      book: this.#book,
      gate: this.#gate,
      run: async (task, manners, visit) => {
        await this.#run(task, manners, visit);
        this.#judge.recheck();
      },
      refuse: (task, closure) => this.#refuse(task, closure),
    });
  }

  /** Rows that wait for a place; rows that wait for their moment, or for a host that asked for patience, are not among them. */
  get waiting(): number {
    return this.#frontier.waiting;
  }

  /** Rows that wait for a later attempt, or for a host that may be asked only so often. */
  get delayed(): number {
    return this.#frontier.delayed;
  }

  /** Requests under way. */
  get active(): number {
    return this.#frontier.active;
  }

  /** What the next run should know of hosts. */
  hostRecords(): HostRecord[] {
    return this.#book.records(steadyNow());
  }

  /** `order`: the row's place in the order of the index; without it, rows are in the order in which they come. */
  fetch(url: string | null, order = this.#newest + 1): Promise<FetchResult> {
    const target = parseTarget(url);
    if ('code' in target) return Promise.resolve(refusal(target.code));
    if (!this.#portIsOpen(target.port)) return Promise.resolve(refusal('port_refused'));
    return new Promise((resolve) => {
      const { host } = target;
      this.#newest = order;
      const task = {
        index: order,
        order,
        first: target,
        resolve,
        target,
        host,
        redirects: 0,
        attempts: 0,
        refusals: 0,
        cuts: 0,
        spentMs: 0,
        fresh: false,
      };
      this.#frontier.add(task);
    });
  }

  /** Goes on with a row that another fetcher has handed over. */
  resume({ order, first, next, waitMs, ...state }: Handover): Promise<FetchResult> {
    return new Promise((resolve) => {
      const [origin, target] = [toTarget(new URL(first)), toTarget(new URL(next))];
      this.#send({ ...state, index: order, order, first: origin, target, resolve, fresh: false }, waitMs);
    });
  }

  /** A body that nobody looks at any more makes room for others. */
  giveBack(body: Buffer): void {
    this.#memory.giveBack(body);
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

  async #run(task: RowState, manners: Host, visit: Visit): Promise<void> {
    const { host, target } = task;
    if (task.redirects === 0 && !task.fresh) task.attempts += 1;
    const reckoned = this.#gate.begin(visit.startedAt);
    // Reserved before anything is awaited, so that no further request starts on the same room.
    const held = this.#bodies.begin();
    const connection = await this.#pool.acquire(host, target.url.origin, manners.connectionLimit, task.fresh);
    task.fresh = false;
    const spentMs = task.spentMs + steadyNow() - visit.startedAt;
    const leftMs = Math.max(1, this.#settings.deadlineMs - spentMs);
    const { outcome, received } = await exchange(connection, target.url, leftMs, this.#exchangeOptions, held);
    const now = steadyNow();
    this.#gate.end(reckoned, received);
    manners.learn(visit, target.url.href, signalOf(outcome), now);
    this.#learnOfRoute(host, outcome);
    task.spentMs += now - visit.startedAt;
    // The row need not wait for a server that is slow to see the end of a connection.
    const released = this.#pool.release(connection, manners.connectionLimit);
    await this.#take(task, outcome, manners);
    held.release();
    await released;
  }

  async #take(task: RowState, outcome: ExchangeOutcome, manners: Host): Promise<void> {
    if (outcome.kind === 'body') await this.#deliver(task, outcome);
    else if (outcome.kind === 'redirect') this.#follow(task, outcome.status, outcome.location);
    else if (outcome.kind === 'cut') this.#makeRoom(task);
    else if (outcome.stale) this.#again(task);
    else if (
      outcome.failure.code === 'http_429' &&
      mayWait(++task.refusals, manners.answers, this.#settings.retries)
    )
      this.#comeBack(task);
    else this.#fail(task, outcome.failure, outcome.status);
  }

  /** Back into the queue of its host, behind its next rows: a URL that always fails must not be all that it is asked for. */
  #comeBack(task: RowState, waitMs = 0): void {
    prepareAttempt(task);
    task.order += LATER_PASS_ROWS;
    this.#send(task, waitMs);
  }

  /** A body that was ended for others is asked for again, which uses up no attempt; but not without end. */
  #makeRoom(task: RowState): void {
    task.cuts += 1;
    if (task.cuts > MAX_CUTS) {
      const message = 'the body is larger than what memory the bodies under way have left';
      this.#end(task, { code: 'body_too_large', message }, null);
      return;
    }
    task.attempts -= 1;
    this.#comeBack(task);
  }

  /** Into the queue of its host, be it another fetcher's. */
  #send(task: RowState, waitMs = 0): void {
    if (this.#peers !== undefined && !this.#peers.isOwn(task.host)) {
      this.#peers.handOver(handoverOf(task, waitMs));
    } else if (waitMs > 0) this.#frontier.park(task, steadyNow() + waitMs);
    else this.#frontier.add(task);
  }

  async #deliver(
    task: RowState,
    { body, headers, status }: ExchangeOutcome & { kind: 'body' },
  ): Promise<void> {
    const decoded = await decodeContent(body, headers.contentEncoding, this.#settings.maxBodyBytes);
    if (decoded !== body) this.#memory.giveBack(body);
    if (typeof decoded === 'string') {
      this.#fail(task, namedFailure(decoded), status);
      return;
    }
    if (decoded.length === 0) {
      this.#fail(task, namedFailure('body_empty'), status);
      return;
    }
    const contentType = headers.contentType?.split(';')[0]?.trim().toLowerCase() ?? null;
    task.resolve({ ok: true, body: decoded, contentType, facts: fetchFacts(task, status, decoded.length) });
  }

  /** A kept connection had been closed by the server: the same request once more, on a new one. */
  #again(task: RowState): void {
    task.fresh = true;
    this.#frontier.add(task);
  }

  #follow(task: RowState, status: number, location: string | null): void {
    task.redirects += 1;
    const next = this.#redirectTarget(task, location);
    if ('code' in next) {
      this.#fail(task, namedFailure(next.code), status);
      return;
    }
    task.target = next;
    task.host = next.host;
    this.#send(task);
  }

  #redirectTarget(task: RowState, location: string | null): Target | { readonly code: FailureCode } {
    if (task.redirects > MAX_REDIRECTS) return { code: 'redirect_limit' };
    const next = location === null ? null : parseTarget(location, task.target.url.href);
    if (next === null || 'code' in next) return { code: 'redirect_invalid' };
    return this.#portIsOpen(next.port) ? next : { code: 'port_refused' };
  }

  #fail(task: RowState, failure: NamedFailure, status: number | null): void {
    const { attempts } = task;
    const delayMs = decideRetry({ failure, attempts }, this.#settings, Math.random());
    if (delayMs === null) {
      this.#end(task, failure, status);
      return;
    }
    this.#comeBack(task, delayMs);
  }

  #refuse(task: RowState, { code, cause }: Closure): void {
    const message = `${FAILURES[code].summary} (${cause})`;
    this.#end(task, { code, message }, null, CIRCUITS[cause]);
  }

  #end(
    task: RowState,
    failure: NamedFailure,
    status: number | null,
    circuit: Circuit | undefined = CIRCUITS[failure.code],
  ): void {
    const end = (): void => task.resolve({ ok: false, failure, facts: fetchFacts(task, status, null) });
    if (circuit === undefined) end();
    else this.#judge.release(circuit, end);
  }

  #learnOfLookup(name: string, answer: DnsAnswer): void {
    if (answer.ok || answer.code === 'dns_not_found') this.#judge.record('lookup', name, 'ok');
    else this.#judge.record('lookup', name, answer.code === 'dns_timeout' ? 'silent' : 'failed');
  }

  #learnOfRoute(host: HostKey, outcome: ExchangeOutcome): void {
    const code = outcome.kind === 'failure' ? outcome.failure.code : null;
    if (code === null) this.#judge.record('route', host, 'ok');
    else if (code === 'connect_unreachable') this.#judge.record('route', host, 'failed');
    if (code === 'proxy_failed') this.#judge.record('proxy', host, 'silent');
    else if (code === 'proxy_refused') this.#judge.record('proxy', host, 'failed');
    else if (this.#settings.proxy !== null) this.#judge.record('proxy', host, 'ok');
  }

  get #isIdle(): boolean {
    const { active, waiting, delayed } = this.#frontier;
    return active === 0 && waiting === 0 && delayed === 0;
  }
}
