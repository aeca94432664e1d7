import type { NewsItem } from '../../../broker/interface/broker.ts';
import type { HostKey } from '../../../core/samples.ts';
import type { HostEvent } from '../../../fetch/hosts/host-event.ts';
import type { Closure, HostPause } from '../../../fetch/hosts/host-record.ts';
import type { PacedHost } from '../../../fetch/schedule/shared-hosts.ts';
import { type Said, sayText } from './news-text.ts';

/** Hosts in a call at most, and hosts of which this machine remembers what others do not know yet. */
const [MOST_IN_CALL, MOST_HOSTS] = [256, 20_000] as const;
/** A machine that asks a host at a pace says so again after some time, and counts for some more. */
const RENEW_MS = 30_000;
export const USED_MS = 90_000;
/** How long a pace is of use to machines that have not asked the host. */
const PACE_MS = 600_000;
/** That nothing holds any more is kept until all have read it. */
const NOTHING_MS = 60_000;
/** What is longer, a host has asked for itself. */
const LONGEST_PAUSE_MS = 900_000;
/** A pace that is lower by less is no news. */
const LEAST_CHANGE = 1.1;

/** What this machine has learnt of a host. */
interface Own {
  paused: HostPause | null;
  closed: Closure | null;
  /** A death counts when more rows than these have succeeded: before, this machine's own network may be down. */
  successes: number;
  intervalMs: number;
  isAlone: boolean;
  isUsed: boolean;
  /** Counts up with each pause and closure. */
  version: number;
  /** What others know of it. */
  told: Told;
}

interface Told {
  readonly version: number;
  readonly intervalMs: number;
  readonly isUsed: boolean;
  readonly at: number;
}

/** What this machine tells the others of a run about hosts, when it has changed. */
export class ToldNews {
  readonly #own = new Map<HostKey, Own>();
  /** What the others know if the latest call has reached the broker. */
  #inCall = new Map<HostKey, Told>();

  /** A host is treated differently. `successes`: images so far. */
  take(event: HostEvent, successes: number, now: number): void {
    if (event.kind === 'paused' && event.learntFrom === undefined) {
      const own = this.#of(event.host);
      own.paused = { status: event.status, until: now + event.pauseMs };
      own.version += 1;
    } else if (event.kind === 'closed' && event.learntFrom === undefined) {
      const { host, code, cause, forMs } = event;
      const own = this.#of(host);
      if (code === 'host_throttled' && forMs <= LONGEST_PAUSE_MS) {
        // This machine waits no longer; others may.
        own.paused = { status: cause === 'http_503' ? 503 : 429, until: now + forMs };
        own.version += 1;
        return;
      }
      own.closed = { code, cause, until: now + forMs };
      own.successes = code === 'host_dead' ? successes : Number.NEGATIVE_INFINITY;
      own.version += 1;
    }
  }

  /** What is to be told now, pauses and closures first. `paced`: the hosts that this machine asks at a pace. */
  items(paced: readonly PacedHost[], successes: number, now: number): NewsItem[] {
    const used = new Map(paced.map((each) => [each.host, each]));
    for (const host of used.keys()) this.#of(host);
    const due: { readonly host: HostKey; readonly own: Own; readonly isUrgent: boolean }[] = [];
    for (const [host, own] of this.#own) {
      const use = used.get(host);
      own.isUsed = use !== undefined;
      own.intervalMs = use?.intervalMs ?? own.intervalMs;
      own.isAlone = use?.isAlone ?? own.isAlone;
      if ((own.paused?.until ?? 0) <= now) own.paused = null;
      if ((own.closed?.until ?? 0) <= now) own.closed = null;
      const isUrgent =
        own.version !== own.told.version && (own.paused !== null || closureOf(own, successes) !== null);
      if (isUrgent || hasChangedPace(own, now)) due.push({ host, own, isUrgent });
      else if (own.paused === null && own.closed === null && !own.isUsed) this.#own.delete(host);
    }
    const inCall = [
      ...due.filter(({ isUrgent }) => isUrgent),
      ...due.filter(({ isUrgent }) => !isUrgent),
    ].slice(0, MOST_IN_CALL);
    this.#inCall = new Map(inCall.map(({ host, own }) => [host, toldOf(own, successes, now)]));
    return inCall.map(({ host, own }) => ({ host, ...itemOf(own, successes, now) }));
  }

  /** The others know the items of the latest call. */
  told(): void {
    for (const [host, told] of this.#inCall) {
      const own = this.#own.get(host);
      if (own === undefined) continue;
      own.told = told;
      // A closure ends by itself.
      if (!own.isUsed && own.paused === null && own.version === told.version) this.#own.delete(host);
    }
    this.#inCall.clear();
  }

  #of(host: HostKey): Own {
    const known = this.#own.get(host);
    if (known !== undefined) return known;
    const told = { version: 0, intervalMs: 0, isUsed: false, at: 0 };
    const own = {
      paused: null,
      closed: null,
      successes: 0,
      intervalMs: 0,
      isAlone: false,
      isUsed: false,
      version: 0,
      told,
    };
    this.#own.set(host, own);
    const [oldest] = this.#own.keys();
    if (this.#own.size > MOST_HOSTS && oldest !== undefined) this.#own.delete(oldest);
    return own;
  }
}

/** The closure that others may believe. */
function closureOf({ closed, successes: before }: Own, successes: number): Closure | null {
  return successes > before ? closed : null;
}

function hasChangedPace({ intervalMs, isUsed, told }: Own, now: number): boolean {
  const isRenewed = isUsed && now - told.at >= RENEW_MS;
  return isRenewed || isUsed !== told.isUsed || (isUsed && intervalMs > LEAST_CHANGE * told.intervalMs);
}

function toldOf(own: Own, successes: number, now: number): Told {
  const isWhole = own.closed === null || closureOf(own, successes) !== null;
  const { intervalMs, isUsed } = own;
  return { version: isWhole ? own.version : own.told.version, intervalMs, isUsed, at: now };
}

function itemOf(own: Own, successes: number, now: number): Omit<NewsItem, 'host'> {
  const { paused, intervalMs, isAlone, isUsed } = own;
  const closed = closureOf(own, successes);
  const said: Said = {
    ...(paused && { paused: { status: paused.status, forMs: Math.ceil(paused.until - now) } }),
    ...(closed && {
      closed: { code: closed.code, cause: closed.cause, forMs: Math.ceil(closed.until - now) },
    }),
    ...(intervalMs > 0 && { intervalMs: Math.round(10 * intervalMs) / 10 }),
    ...(intervalMs > 0 && isAlone && { isAlone }),
    ...(isUsed && { isUsed }),
  };
  const times = [
    said.paused?.forMs ?? 0,
    said.closed?.forMs ?? 0,
    isUsed ? USED_MS : 0,
    intervalMs > 0 ? PACE_MS : 0,
  ];
  return { text: sayText(said), keepMs: Math.max(NOTHING_MS, ...times) };
}
