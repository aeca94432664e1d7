import type { HostKey } from '../../core/samples.ts';
import type { Closure, HostPause } from './host-record.ts';

/** What other machines of a run have learnt of a host. Moments are those of this machine's steady clock. */
export interface HostNews {
  readonly host: HostKey;
  readonly paused: HostPause | null;
  readonly closed: Closure | null;
  /** How many of them have found it dead. */
  readonly deaths: number;
  readonly pace: PaceNews;
  /** How many of them ask it at a pace. */
  readonly users: number;
}

/** What other machines have learnt of the pace of all machines together. */
export interface PaceNews {
  /** Milliseconds between requests, as machines say that share the host; 0 for nothing new. */
  readonly intervalMs: number;
  /** Requests a second of machines that have learnt their pace without knowing of others: each is granted its own. */
  readonly besideRate: number;
  /** How many times slower machines that share the host have become by refusals, multiplied; 1 for none. */
  readonly slowing: number;
}

export const NO_PACE: PaceNews = { intervalMs: 0, besideRate: 0, slowing: 1 };

/** What this machine knows of the host. */
interface Own {
  readonly closure: Closure | null;
  readonly opensAt: number;
  /** The moment of its latest good answer. */
  readonly answeredAt: number;
}

/** What news changes. */
interface Change {
  readonly pause: HostPause | null;
  readonly closure: Closure | null;
  /** Whether one more failure shows that the host is dead. */
  readonly isAccused: boolean;
}

/** One machine may be wrong, because its own network is broken or its address is blocked. */
const ENOUGH_DEATHS = 2;
/** A host that has answered this machine so lately is not dead, nor does it refuse everybody. */
const LATELY_MS = 60_000;
/** How long it is left alone if it has told another machine to stay away for longer than a pause. */
const DOUBT_PAUSE_MS = 60_000;

/**
 * What news changes at a host. Pauses hold for all machines. A closure holds unless the host has just answered here.
 * That a host is dead holds if two machines say so; else the next request shows it.
 */
export function weigh({ paused, closed, deaths }: HostNews, own: Own, now: number): Change {
  const isClosed = closed !== null && closed.until > now && own.closure === null;
  const answersHere = own.answeredAt > now - LATELY_MS;
  const isDead = isClosed && closed.code === 'host_dead' && !answersHere;
  const isDoubted = isClosed && closed.code === 'host_throttled' && answersHere;
  const pause = isDoubted ? longer(paused, doubtPause(closed, now)) : paused;
  return {
    pause: pause !== null && pause.until > Math.max(now, own.opensAt) ? pause : null,
    closure: isClosed && !answersHere && (!isDead || deaths >= ENOUGH_DEATHS) ? closed : null,
    isAccused: isDead && deaths < ENOUGH_DEATHS,
  };
}

/** News of one host, earlier and later, as one, for a host that this machine has not met yet. */
export function joinNews(earlier: HostNews, later: HostNews): HostNews {
  const slower = later.pace.slowing ** (1 / Math.max(1, later.users));
  return {
    ...later,
    paused: longer(earlier.paused, later.paused),
    // The later knows of all closures.
    closed: later.closed,
    pace: {
      intervalMs: Math.max(earlier.pace.intervalMs * slower, later.pace.intervalMs),
      besideRate: earlier.pace.besideRate / slower + later.pace.besideRate,
      slowing: 1,
    },
  };
}

function doubtPause({ cause, until }: Closure, now: number): HostPause {
  return { status: cause === 'http_503' ? 503 : 429, until: Math.min(until, now + DOUBT_PAUSE_MS) };
}

function longer(one: HostPause | null, other: HostPause | null): HostPause | null {
  return (one?.until ?? 0) > (other?.until ?? 0) ? one : other;
}
