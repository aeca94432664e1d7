import type { FailureCode } from '../../core/failures.ts';
import type { HostKey } from '../../core/samples.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { HostHealth } from './host-health.ts';
import type { HostSignal } from './host-signal.ts';
import { RequestPace } from './request-pace.ts';

/** What rows of a host end as while it is left alone. */
export interface Closure {
  readonly code: Extract<FailureCode, 'host_dead' | 'host_throttled'>;
  /** The failure that it was closed for. */
  readonly cause: FailureCode;
  /** Moment from which it may be asked again. */
  readonly until: number;
}

/** A request under way. */
export interface Visit {
  readonly startedAt: number;
  readonly event: number;
}

/** What is worth knowing of a host in the next run; moments in milliseconds since 1970. */
export interface HostRecord {
  readonly host: HostKey;
  readonly closed: Closure | null;
  /** Milliseconds between requests that it has taught us; 0 for none. */
  readonly intervalMs: number;
  /** Mean time of a request; null before the first whole answer. */
  readonly meanMs: number | null;
}

export interface HostOptions {
  readonly perHost: number;
  /** Milliseconds between requests that the user asks for; 0 for none. */
  readonly intervalMs: number;
}

/** Hosts that take longer than this for an answer are begun early, so that a run does not end with waiting for them. */
export const SLOW_MS = 1_000;
const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 60_000;
/** A host that refuses everything for so long, or asks for more patience, is given up. */
const MAX_PATIENCE_MS = 900_000;
const CLOSED_MS = 1_800_000;
/** What a host that cuts connections twice in a row is given to come back; one that restarts needs seconds. */
const SILENCE_PAUSE_MS = 5_000;
const MAX_CLOSED_MS = 86_400_000;
/** Weight of the newest request in the mean time. */
const NEWEST = 0.1;

/**
 * How one host is treated: how many connections, how fast, when not at all. Learnt from its answers alone. A refusal
 * is one event however many answers bring it: requests that were under way when it came do not count again.
 */
export class Host {
  readonly host: HostKey;
  readonly #intervalMs: number;
  readonly #allowance: ConnectionLimit;
  readonly #pace: RequestPace;
  readonly #health: HostHealth;
  #active = 0;
  #event = 0;
  /** Refusals since the last good answer, and the moment of the first of them. */
  #refusals = 0;
  #refusedSince = 0;
  #opensAt = 0;
  #closed: Closure | null;
  #answers = 0;
  #meanMs: number | null;

  constructor(host: HostKey, { perHost, intervalMs }: HostOptions, known?: HostRecord) {
    this.host = host;
    this.#intervalMs = intervalMs;
    this.#allowance = new ConnectionLimit(perHost);
    this.#pace = new RequestPace(known?.intervalMs);
    this.#closed = known?.closed ?? null;
    this.#meanMs = known?.meanMs ?? null;
    this.#health = new HostHealth(this.#meanMs !== null);
  }

  /** Requests under way. */
  get active(): number {
    return this.#active;
  }

  /** Requests that may be under way at a time. */
  get connectionLimit(): number {
    return Math.min(this.#allowance.value, this.#health.patience);
  }

  /** No request starts before this moment. */
  get opensAt(): number {
    return this.#opensAt;
  }

  /** Whether only time, and no free connection, lets its next request start. */
  isPaced(now: number): boolean {
    return this.#opensAt > now || this.#intervalMs > 0 || this.#pace.intervalMs > 0;
  }

  /** Whether it has asked for fewer requests, and what it gives is a matter of time. */
  get isRationed(): boolean {
    return this.#refusals > 0 || this.#pace.intervalMs > 0;
  }

  /** Whole answers without a complaint. */
  get answers(): number {
    return this.#answers;
  }

  get meanMs(): number | null {
    return this.#meanMs;
  }

  /** Whether it is known to answer, and soon. */
  get isQuick(): boolean {
    return this.#meanMs !== null && this.#meanMs < SLOW_MS;
  }

  /** Why its rows end without being asked for; null while they do not. */
  closure(now: number): Closure | null {
    if (this.#closed !== null && this.#closed.until <= now) this.#closed = null;
    return this.#closed;
  }

  begin(now: number): Visit {
    this.#active += 1;
    this.#opensAt = Math.max(this.#opensAt, now + Math.max(this.#intervalMs, this.#pace.intervalMs));
    this.#pace.began(now);
    return { startedAt: now, event: this.#event };
  }

  /** A request to `url` has shown something of the host. */
  learn({ startedAt, event }: Visit, url: string, evidence: HostSignal, now: number): void {
    const isNew = event === this.#event;
    if (evidence.kind === 'answered') this.#answered(now - startedAt);
    else if (evidence.kind === 'refused') this.#refused(evidence, isNew, now);
    else if (evidence.kind === 'other') this.#health.answered();
    else if (evidence.kind === 'silent') this.#silent(url, evidence.code, isNew, now);
    else if (this.#health.unreached(url, evidence.code, startedAt, now)) {
      this.#close('host_dead', evidence.code, now + CLOSED_MS);
    }
  }

  /** A request is over and its connection free or closed. */
  leave(): void {
    this.#active -= 1;
  }

  /** Whether forgetting it, but for its mean time, would change how it is treated. */
  isRemarkable(now: number): boolean {
    const isStrained = this.#refusals > 0 || this.#pace.intervalMs > 0 || this.#allowance.isLimited;
    return isStrained || this.#opensAt > now || this.#health.isSuspect || this.closure(now) !== null;
  }

  record(now: number): HostRecord {
    const { intervalMs } = this.#pace;
    return { host: this.host, closed: this.closure(now), intervalMs, meanMs: this.#meanMs };
  }

  #answered(elapsedMs: number): void {
    this.#health.answered();
    this.#allowance.good();
    this.#pace.granted();
    this.#refusals = 0;
    this.#answers += 1;
    this.#meanMs = this.#meanMs === null ? elapsedMs : this.#meanMs + NEWEST * (elapsedMs - this.#meanMs);
  }

  #silent(url: string, code: FailureCode, isNew: boolean, now: number): void {
    if (this.#health.isUrlsOwn(url)) return;
    const isDead = this.#health.silent(url, isNew);
    if (!isNew) return;
    this.#event += 1;
    this.#allowance.strained();
    if (isDead) this.#close('host_dead', code, now + CLOSED_MS);
    else if (this.#health.silences > 1) this.#opensAt = Math.max(this.#opensAt, now + SILENCE_PAUSE_MS);
  }

  #refused({ paces, retryAfterMs }: HostSignal & { kind: 'refused' }, isNew: boolean, now: number): void {
    this.#health.answered();
    if (!isNew) return;
    this.#event += 1;
    if (this.#refusals === 0) this.#refusedSince = now;
    this.#refusals += 1;
    this.#allowance.refused(this.#active);
    if (paces) this.#pace.refused();
    const growingMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#refusals - 1));
    // A host that refuses again after the time that it has named itself has named too little.
    const pauseMs =
      retryAfterMs === null || this.#refusals > 1 ? Math.max(growingMs, retryAfterMs ?? 0) : retryAfterMs;
    this.#opensAt = Math.max(this.#opensAt, now + pauseMs);
    const cause = paces ? 'http_429' : 'http_503';
    if (pauseMs > MAX_PATIENCE_MS)
      this.#close('host_throttled', cause, now + Math.min(pauseMs, MAX_CLOSED_MS));
    else if (now - this.#refusedSince >= MAX_PATIENCE_MS)
      this.#close('host_throttled', cause, now + CLOSED_MS);
  }

  #close(code: Closure['code'], cause: FailureCode, until: number): void {
    this.#closed = { code, cause, until };
    // When it may be asked again, it starts with a clean slate.
    this.#health.forget();
  }
}
