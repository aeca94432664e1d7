import type { FailureCode } from '../../core/failures.ts';
import type { HostKey } from '../../core/samples.ts';
import { MovingMean } from '../../util/moving-mean.ts';
import { isAboutRate, type Refusal } from './backoff.ts';
import { ConnectionLimit } from './connections/connection-limit.ts';
import { OpenVisits, type Visit } from './connections/open-visits.ts';
import { Rests } from './connections/rests.ts';
import type { HostChange } from './host-event.ts';
import { HostHealth } from './host-health.ts';
import type { HostOptions } from './host-options.ts';
import type { Closure, HostRecord } from './host-record.ts';
import type { HostSignal } from './host-signal.ts';
import { Refusals } from './refusals.ts';
import { RequestPace } from './request-pace.ts';

/** Hosts that take longer than this to answer start early, so that a run does not end with waiting for them. */
export const SLOW_MS = 1_000;
/** How long a dead host is left alone. */
const DEAD_MS = 1_800_000;
/** How long a host that drops requests twice in a row has to come back; one that restarts needs seconds. */
const SILENCE_PAUSE_MS = 5_000;
/** A host that has answered may do so again after a pause; after so many refusals in a row, it grants nothing. */
const LASTING_REFUSALS = 3;
/** Weight of the newest request in the mean time. */
const NEWEST = 0.1;

/**
 * How one host is treated, learnt from its own answers: how many connections, how many requests a second, and when none.
 * A refusal is one event no matter how many answers bring it: those to requests already under way do not count again.
 */
export class Host {
  readonly name: HostKey;
  readonly mostConnections: number;
  readonly rests = new Rests();
  readonly #options: HostOptions;
  readonly #connections: ConnectionLimit;
  readonly #pace: RequestPace;
  readonly #health: HostHealth;
  #active = 0;
  readonly #open = new OpenVisits();
  #event = 0;
  readonly #refusals: Refusals;
  /** The moment of the latest good answer. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  #opensAt: number;
  #closed: Closure | null;
  #answers = 0;
  #meanMs: MovingMean | null;

  constructor(name: HostKey, options: HostOptions, known?: HostRecord) {
    this.name = name;
    this.mostConnections = Math.max(1, options.perHost);
    this.#options = options;
    this.#connections = new ConnectionLimit(this.mostConnections);
    this.#pace = new RequestPace(known?.intervalMs);
    if (options.intervalMs > 0 || this.#pace.intervalMs > 0) this.#connections.paced();
    this.#closed = known?.closed ?? null;
    this.#refusals = new Refusals(known?.paused);
    this.#opensAt = known?.paused?.until ?? 0;
    this.#meanMs = known?.meanMs == null ? null : new MovingMean(NEWEST, known.meanMs);
    this.#health = new HostHealth(this.#meanMs !== null);
  }

  /** Requests under way. */
  get active(): number {
    return this.#active;
  }

  /** Requests that may be under way at a time. */
  connectionLimit(now: number): number {
    return Math.min(this.ownLimit(now), this.#options.shares?.allowed(this.name, now) ?? Infinity);
  }

  /** Without other machines. A request that hangs beside answers is about its URL, and takes no place from others. */
  ownLimit(now: number): number {
    const { value, mayBeSerial } = this.#connections;
    const hanging = this.#answers === 0 ? 0 : this.#open.hanging(now, this.meanMs, mayBeSerial);
    if (hanging === 0) return Math.min(value, this.#health.maxRequests);
    const besideAnswers = this.#open.hanging(this.#answeredAt, this.meanMs, mayBeSerial);
    return Math.min(this.#connections.whileHanging(hanging, besideAnswers), this.#health.maxRequests);
  }

  /** The next moment at which one more request hangs, so that another may start; Infinity if there is none. */
  hangsAt(now: number): number {
    return this.#answers === 0 ? Number.POSITIVE_INFINITY : this.#open.hangsAt(now, this.meanMs);
  }

  /** No request starts before this moment. */
  get opensAt(): number {
    return this.#opensAt;
  }

  /** Whether the next request waits for a moment in time, not for a free connection. */
  isPaced(now: number): boolean {
    return this.#opensAt > now || this.#options.intervalMs > 0 || this.#pace.intervalMs > 0;
  }

  /** Whether the host has asked for fewer requests, so that time decides how many it gets. */
  get isLimited(): boolean {
    return this.#refusals.count > 0 || this.#pace.intervalMs > 0;
  }

  /** Whether it refuses every request with 429 or 503: since it was first asked, or again after several pauses. */
  get isRefusing(): boolean {
    return this.#refusals.count >= (this.#meanMs === null ? 1 : LASTING_REFUSALS);
  }

  /** Milliseconds for which it has refused everything that it was asked. */
  refusedForMs(now: number): number {
    return this.#refusals.forMs(now);
  }

  /** Complete answers that were not refusals. */
  get answers(): number {
    return this.#answers;
  }

  get meanMs(): number | null {
    return this.#meanMs?.value ?? null;
  }

  /** Whether it is known to answer quickly. */
  get isFast(): boolean {
    return this.#meanMs !== null && this.#meanMs.value < SLOW_MS;
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
    this.#close('host_throttled', `http_${this.#refusals.status}`, forMs, now);
  }

  /** Milliseconds that so many requests take a host of which time or its connections decide how many it gets; else 0. */
  msFor(requests: number, now: number): number {
    if (!this.isLimited && !this.#connections.isLimited && this.#options.intervalMs === 0) return 0;
    const byConnectionMs = (this.meanMs ?? 0) / Math.max(1, this.connectionLimit(now));
    const eachMs = Math.max(this.#options.intervalMs, this.#pace.intervalMs, byConnectionMs);
    return Math.max(0, this.#opensAt - now) + requests * eachMs;
  }

  slowDown(crawlDelayMs: number): void {
    this.#pace.crawlDelayMs = crawlDelayMs;
    this.#connections.paced();
  }

  begin(now: number): Visit {
    this.#active += 1;
    this.#opensAt = Math.max(this.#opensAt, now + Math.max(this.#options.intervalMs, this.#pace.intervalMs));
    this.#pace.began(now);
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
    if (this.#isUnserved(visit, signal)) {
      this.#health.unserved(url);
      this.#lowerConnections(() => this.#connections.serial());
      return true;
    }
    this.#judge(visit, url, signal, now);
    return signal.kind === 'silent' && signal.code === 'connection_reset' && this.#health.isRecovering;
  }

  /** Whether a request waited in vain while the host served others one after the other. */
  #isUnserved(visit: Visit, signal: HostSignal): boolean {
    const code = signal.kind === 'silent' || signal.kind === 'unreached' ? signal.code : null;
    if (code !== 'timeout' && code !== 'connect_timeout') return false;
    return this.#answeredAt > visit.startedAt && visit.isBeside && this.#connections.mayBeSerial;
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
    const isStrained = this.#refusals.count > 0 || this.#pace.intervalMs > 0 || this.#connections.isLimited;
    return isStrained || this.#opensAt > now || this.#health.isSuspect || this.closure(now) !== null;
  }

  record(now: number): HostRecord {
    const { name: host, meanMs } = this;
    const known = { host, closed: this.closure(now), intervalMs: this.#pace.learntMs, meanMs };
    const paused = { status: this.#refusals.status, until: this.#opensAt };
    return this.#refusals.count === 0 || this.#opensAt <= now ? known : { ...known, paused };
  }

  #answered(url: string, { startedAt }: Visit, now: number): void {
    const elapsedMs = now - startedAt;
    this.#connections.good(startedAt < this.#answeredAt);
    this.#answeredAt = now;
    this.#health.answered(url);
    this.#pace.granted();
    this.#refusals.answered();
    this.#answers += 1;
    if (this.#meanMs === null) this.#meanMs = new MovingMean(NEWEST, elapsedMs);
    else this.#meanMs.add(elapsedMs);
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
    if (state === 'dead') this.#close('host_dead', code, DEAD_MS, now);
    else this.#recover(visit);
  }

  #unreached(url: string, code: FailureCode, visit: Visit, now: number): void {
    if (this.#health.unreached(url, code, visit.startedAt, now)) this.#close('host_dead', code, DEAD_MS, now);
    else this.#recover(visit);
  }

  /** Gives a host that drops or refuses connections in a row the time to come back, since it was last asked. */
  #recover({ startedAt }: Visit): void {
    if (this.#health.needsPause) this.#opensAt = Math.max(this.#opensAt, startedAt + SILENCE_PAUSE_MS);
  }

  #refused(url: string, refusal: Refusal, visit: Visit, now: number): void {
    this.#health.answered(url);
    // Something has counted since the request started.
    if (visit.event !== this.#event) return;
    if (!this.#refusals.add(refusal, this.#answers > 0, now)) {
      this.#lowerConnections(() => this.#connections.strained(visit.startedAt, now));
      return;
    }
    this.#event += 1;
    this.#lowerConnections(() =>
      this.#connections.refused(this.#active, this.#active - this.#open.hanging(now, this.meanMs)),
    );
    if (isAboutRate(refusal)) this.#limitRate();
    this.#pause(refusal, now);
  }

  #pause(refusal: Refusal, now: number): void {
    const pauseMs = this.#refusals.pauseMs(refusal);
    this.#opensAt = Math.max(this.#opensAt, now + pauseMs);
    const closed = this.#refusals.closedMs(pauseMs, now);
    if (closed === null) this.#tell({ kind: 'paused', status: refusal.status, pauseMs });
    else this.#close('host_throttled', `http_${refusal.status}`, closed, now);
  }

  #limitRate(): void {
    const before = this.#pace.intervalMs;
    this.#pace.refused();
    this.#connections.paced();
    const { intervalMs } = this.#pace;
    if (intervalMs > before) this.#tell({ kind: 'rate-limited', requestsPerSecond: 1000 / intervalMs });
  }

  #lowerConnections(lower: () => void): void {
    const before = this.#connections.value;
    lower();
    const { value } = this.#connections;
    if (value < before) this.#tell({ kind: 'connection-limit-lowered', connections: value });
  }

  #close(code: Closure['code'], cause: FailureCode, forMs: number, now: number): void {
    this.#closed = { code, cause, until: now + forMs };
    // When the host may be asked again, it starts with a clean slate.
    this.#health.forget();
    this.#tell({ kind: 'closed', code, cause, forMs });
  }

  #tell(change: HostChange): void {
    this.#options.onEvent?.({ host: this.name, ...change });
  }
}
