import type { FailureCode } from '../../core/failures.ts';
import type { HostKey } from '../../core/samples.ts';
import { AnswerTimes } from './answer-times.ts';
import { isAboutRate, type Refusal } from './backoff.ts';
import { ConnectionLimit } from './connections/connection-limit.ts';
import { OpenVisits, type Visit } from './connections/open-visits.ts';
import { Rests } from './connections/rests.ts';
import type { HostChange, Source } from './host-event.ts';
import { HostHealth } from './host-health.ts';
import { type HostNews, weigh } from './host-news.ts';
import type { HostOptions } from './host-options.ts';
import type { Closure, HostRecord } from './host-record.ts';
import { type HostSignal, isTimeout } from './host-signal.ts';
import { Refusals } from './refusals.ts';
import { RequestPace } from './request-pace.ts';

/** How long a dead host is left alone. */
const DEAD_MS = 1_800_000;
/** How long a host that drops requests twice in a row has to come back; one that restarts needs seconds. */
const SILENCE_PAUSE_MS = 5_000;
/** A host that has answered may do so again after a pause; after so many refusals in a row, it grants nothing. */
const LASTING_REFUSALS = 3;

/**
 * How one host is treated, learnt from its own answers: how many connections, how many requests a second, and when none.
 * A refusal is one event no matter how many answers bring it: those to requests already under way do not count again.
 */
export class Host {
  readonly name: HostKey;
  readonly mostConnections: number;
  readonly rests = new Rests();
  readonly pace: RequestPace;
  readonly #options: HostOptions;
  readonly #connections: ConnectionLimit;
  readonly #health: HostHealth;
  #active = 0;
  readonly #open = new OpenVisits();
  #event = 0;
  readonly #refusals: Refusals;
  readonly #answers: AnswerTimes;
  #opensAt: number;
  #closed: Closure | null;

  constructor(name: HostKey, options: HostOptions, known?: HostRecord) {
    this.name = name;
    this.mostConnections = Math.max(1, options.perHost);
    this.#options = options;
    this.#connections = new ConnectionLimit(this.mostConnections);
    this.pace = new RequestPace(known?.intervalMs, () => 1 + (options.users?.get(name) ?? 0));
    if (options.intervalMs > 0 || this.pace.intervalMs > 0) this.#connections.paced();
    this.#closed = known?.closed ?? null;
    this.#refusals = new Refusals(known?.paused);
    this.#opensAt = known?.paused?.until ?? 0;
    this.#answers = new AnswerTimes(known?.meanMs ?? null);
    this.#health = new HostHealth(this.meanMs !== null);
  }

  /** Requests under way. */
  get active(): number {
    return this.#active;
  }

  /** Requests that may be under way at a time. */
  connectionLimit(now: number): number {
    return Math.min(this.ownLimit(now), this.#options.shares?.allowed(this.name, now) ?? Infinity);
  }

  /** Without other machines. */
  ownLimit(now: number): number {
    return Math.min(this.#connections.at(now, this.#open, this.#answers), this.#health.maxRequests);
  }

  /** The next moment at which one more request hangs, so that another may start; Infinity if there is none. */
  hangsAt(now: number): number {
    return this.answers === 0 ? Number.POSITIVE_INFINITY : this.#open.hangsAt(now, this.meanMs);
  }

  /** No request starts before this moment. */
  get opensAt(): number {
    return this.#opensAt;
  }

  /** Whether the next request waits for a moment in time, not for a free connection. */
  isPaced(now: number): boolean {
    return this.#opensAt > now || this.#options.intervalMs > 0 || this.pace.intervalMs > 0;
  }

  /** Whether the host has asked for fewer requests, so that time decides how many it gets. */
  get isLimited(): boolean {
    return this.#refusals.count > 0 || this.pace.intervalMs > 0;
  }

  /** Whether it refuses every request with 429 or 503: since it was first asked, or again after several pauses. */
  get isRefusing(): boolean {
    return this.#refusals.count >= (this.meanMs === null ? 1 : LASTING_REFUSALS);
  }

  /** Milliseconds for which it has refused everything that it was asked. */
  refusedForMs(now: number): number {
    return this.#refusals.forMs(now);
  }

  /** Complete answers that were not refusals. */
  get answers(): number {
    return this.#answers.count;
  }

  get meanMs(): number | null {
    return this.#answers.meanMs;
  }

  get isFast(): boolean {
    return this.#answers.areFast;
  }

  /** Where in its queue the next row should come from, as a share of the queue's length; 0 for the oldest row. */
  get nextPlace(): number {
    return this.#health.nextPlace;
  }

  /** Why its rows fail without a request; null while the host is open. */
  closure(now: number): Closure | null {
    if (this.#closed !== null && this.#closed.until <= now) this.#closed = null;
    return this.#closed;
  }

  /** Closes a host that refuses everything for the rest of its pause. From now on a single refusal closes it again. */
  giveUp(now: number): void {
    const forMs = this.#refusals.giveUp(this.#opensAt - now);
    const closure = { code: 'host_throttled', cause: `http_${this.#refusals.status}` } as const;
    this.#close({ ...closure, until: now + forMs }, now, 'patience');
  }

  /** Milliseconds that so many requests take a host of which time or its connections decide how many it gets; else 0. */
  msFor(requests: number, now: number): number {
    if (!this.isLimited && !this.#connections.isLimited && this.#options.intervalMs === 0) return 0;
    const byConnectionMs = (this.meanMs ?? 0) / Math.max(1, this.connectionLimit(now));
    const eachMs = Math.max(this.#options.intervalMs, this.pace.intervalMs, byConnectionMs);
    return Math.max(0, this.#opensAt - now) + requests * eachMs;
  }

  /** Other machines have learnt this. It makes this one more careful; the next answers count as they always do. */
  hear(news: HostNews, now: number): void {
    if (this.pace.hear(news.pace)) this.#connections.paced();
    const own = { closure: this.closure(now), opensAt: this.#opensAt, answeredAt: this.#answers.latestAt };
    const { pause, closure, isAccused } = weigh(news, own, now);
    if (pause !== null) {
      // What is under way says nothing new.
      this.#event += 1;
      this.#refusals.hear(pause, now);
      this.#opensAt = pause.until;
      this.#tell({
        kind: 'paused',
        status: pause.status,
        pauseMs: pause.until - now,
        learntFrom: 'machines',
      });
    }
    if (closure !== null) this.#close(closure, now, 'machines');
    else if (isAccused) this.#health.accuse();
  }

  slowDown(crawlDelayMs: number): void {
    this.pace.crawlDelayMs = crawlDelayMs;
    this.#connections.paced();
  }

  begin(now: number): Visit {
    this.#active += 1;
    this.#opensAt = Math.max(this.#opensAt, now + Math.max(this.#options.intervalMs, this.pace.intervalMs));
    this.pace.began(now);
    const visit = { startedAt: now, event: this.#event, isBeside: this.#active > 1 };
    this.#open.add(visit);
    return visit;
  }

  /**
   * Learns what a request to `url` has shown about the host. Returns whether the host dropped the request, by chance or
   * for want of a free connection: that says nothing about the URL.
   */
  learn(visit: Visit, url: string, signal: HostSignal, now: number): boolean {
    this.#open.delete(visit);
    const restsUntil = visit.startedAt + (now - visit.startedAt) / Math.min(1, this.#options.perHost);
    if (restsUntil > now) this.#opensAt = Math.max(this.#opensAt, restsUntil);
    const waitsBeside = visit.isBeside && this.#connections.mayBeSerial;
    // It waited in vain while the host served others one after the other.
    if (waitsBeside && isTimeout(signal) && this.#answers.latestAt > visit.startedAt) {
      this.#health.unserved(url);
      this.#lowerConnections(() => this.#connections.serial());
      return true;
    }
    this.#judge(visit, url, signal, now);
    return signal.kind === 'silent' && signal.code === 'connection_reset' && this.#health.isRecovering;
  }

  #judge(visit: Visit, url: string, signal: HostSignal, now: number): void {
    if (signal.kind === 'answered') this.#answered(url, visit, now);
    else if (signal.kind === 'refused') this.#refused(url, signal, visit, now);
    else if (signal.kind === 'other') this.#health.answered(url);
    else if (signal.kind === 'silent') this.#silent(url, signal.code, visit, now);
    else if (signal.kind === 'unreached') this.#unreached(url, signal.code, visit, now);
  }

  /** A request is over and its connection free or closed. */
  leave(): void {
    this.#active -= 1;
  }

  /** Whether forgetting everything but its mean time would change how it is treated. */
  isRemarkable(now: number): boolean {
    const isStrained = this.#refusals.count > 0 || this.pace.intervalMs > 0 || this.#connections.isLimited;
    return isStrained || this.#opensAt > now || this.#health.isSuspect || this.closure(now) !== null;
  }

  record(now: number): HostRecord {
    const { name: host, meanMs } = this;
    const known = { host, closed: this.closure(now), intervalMs: this.pace.learntMs, meanMs };
    const paused = { status: this.#refusals.status, until: this.#opensAt };
    return this.#refusals.count === 0 || this.#opensAt <= now ? known : { ...known, paused };
  }

  #answered(url: string, { startedAt }: Visit, now: number): void {
    this.#connections.good(startedAt < this.#answers.latestAt);
    this.#health.answered(url);
    this.pace.granted();
    this.#refusals.answered();
    this.#answers.add(now - startedAt, now);
  }

  #silent(url: string, code: FailureCode, visit: Visit, now: number): void {
    const state = this.#health.silent(url, code, visit.event === this.#event);
    if (state === 'known') {
      this.#connections.notSerial();
      return;
    }
    this.#lowerConnections(() => this.#connections.strained(visit.startedAt, now));
    if (state === 'together') return;
    this.#event += 1;
    this.#dieOrRecover(state === 'dead', code, visit, now);
  }

  #unreached(url: string, code: FailureCode, visit: Visit, now: number): void {
    this.#dieOrRecover(this.#health.unreached(url, code, visit.startedAt, now), code, visit, now);
  }

  /** A host that drops or refuses connections in a row has some time to come back, since it was last asked. */
  #dieOrRecover(isDead: boolean, cause: FailureCode, { startedAt }: Visit, now: number): void {
    if (isDead) this.#close({ code: 'host_dead', cause, until: now + DEAD_MS }, now);
    else if (this.#health.needsPause) this.#opensAt = Math.max(this.#opensAt, startedAt + SILENCE_PAUSE_MS);
  }

  #refused(url: string, refusal: Refusal, visit: Visit, now: number): void {
    this.#health.answered(url);
    // Something has counted since the request started.
    if (visit.event !== this.#event) return;
    if (!this.#refusals.add(refusal, this.answers > 0, now)) {
      this.#lowerConnections(() => this.#connections.strained(visit.startedAt, now));
      return;
    }
    this.#event += 1;
    const lively = this.#active - this.#open.hanging(now, this.meanMs);
    this.#lowerConnections(() => this.#connections.refused(this.#active, lively));
    if (isAboutRate(refusal)) this.#limitRate();
    this.#pause(refusal, now);
  }

  #pause(refusal: Refusal, now: number): void {
    const pauseMs = this.#refusals.pauseMs(refusal);
    this.#opensAt = Math.max(this.#opensAt, now + pauseMs);
    const closed = this.#refusals.closedMs(pauseMs, now);
    if (closed === null) this.#tell({ kind: 'paused', status: refusal.status, pauseMs });
    else this.#close({ code: 'host_throttled', cause: `http_${refusal.status}`, until: now + closed }, now);
  }

  #limitRate(): void {
    const before = this.pace.intervalMs;
    this.pace.refused();
    this.#connections.paced();
    const { intervalMs } = this.pace;
    if (intervalMs > before) this.#tell({ kind: 'rate-limited', requestsPerSecond: 1000 / intervalMs });
  }

  #lowerConnections(lower: () => void): void {
    const before = this.#connections.value;
    lower();
    const connections = this.#connections.value;
    if (connections < before) this.#tell({ kind: 'connection-limit-lowered', connections });
  }

  #close({ code, cause, until }: Closure, now: number, learntFrom?: Source): void {
    this.#closed = { code, cause, until };
    // When the host may be asked again, it starts with a clean slate.
    this.#health.forget();
    this.#tell({ kind: 'closed', code, cause, forMs: until - now, ...(learntFrom && { learntFrom }) });
  }

  #tell(change: HostChange): void {
    this.#options.onEvent?.({ host: this.name, ...change });
  }
}
