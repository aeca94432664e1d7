import type { ReadNewsItem } from '../../../broker/interface/broker.ts';
import type { HostKey } from '../../../core/samples.ts';
import { type HostNews, NO_PACE, type PaceNews } from '../../../fetch/hosts/host-news.ts';
import type { Closure, HostPause } from '../../../fetch/hosts/host-record.ts';
import { readSaid, type Said } from './news-text.ts';
import { USED_MS } from './told-news.ts';

/** Hosts of which closures are remembered; of more, the oldest are forgotten. */
const MOST_CLOSED = 20_000;

interface Use {
  /** A machine that says nothing more asks the host no longer. */
  readonly until: number;
  readonly intervalMs: number;
}

/** By machine. */
type Sayings<T> = Map<string, T>;

/** What the other machines of a run have said about hosts. */
export class HeardNews {
  readonly #machine: string;
  readonly #closures = new Map<HostKey, Sayings<Closure>>();
  readonly #uses = new Map<HostKey, Sayings<Use>>();

  /** `machine`: this one, whose own news say nothing new. */
  constructor(machine: string) {
    this.#machine = machine;
  }

  /** What has changed of hosts, when this was read at the moment `now`. Nothing runs out while nothing is read. */
  take(read: readonly ReadNewsItem[], now: number): HostNews[] {
    const news = new Map<HostKey, { paused: HostPause | null; pace: PaceNews }>();
    for (const { machine, host, text, ageMs } of read) {
      const said = machine === this.#machine ? null : readSaid(text);
      if (said === null) continue;
      const own = news.get(host) ?? { paused: null, pace: NO_PACE };
      news.set(host, own);
      const { paused, closed } = said;
      const restMs = (paused?.forMs ?? 0) - ageMs;
      if (paused !== undefined && restMs > 0 && now + restMs > (own.paused?.until ?? 0))
        own.paused = { status: paused.status, until: now + restMs };
      own.pace = this.#use(own.pace, host, machine, said, now - ageMs);
      const closure = closed && { code: closed.code, cause: closed.cause, until: now + closed.forMs - ageMs };
      put(this.#closures, host, machine, closure !== undefined && closure.until > now ? closure : null);
      const [oldest] = this.#closures.keys();
      if (this.#closures.size > MOST_CLOSED && oldest !== undefined) this.#closures.delete(oldest);
    }
    for (const host of this.#endUses(now))
      if (!news.has(host)) news.set(host, { paused: null, pace: NO_PACE });
    return [...news].map(([host, each]) => ({
      host,
      ...each,
      ...this.#closed(host, now),
      users: this.#uses.get(host)?.size ?? 0,
    }));
  }

  /** Adds what the machine has said of the pace. A rate that rises is no news: each machine learns that by itself. */
  #use(pace: PaceNews, host: HostKey, machine: string, said: Said, saidAt: number): PaceNews {
    const { intervalMs = 0, isAlone, isUsed } = said;
    const before = this.#uses.get(host)?.get(machine)?.intervalMs ?? 0;
    put(this.#uses, host, machine, isUsed === true ? { until: saidAt + USED_MS, intervalMs } : null);
    if (intervalMs <= before) return pace;
    if (before > 0) return { ...pace, slowing: (pace.slowing * intervalMs) / before };
    if (isAlone === true) return { ...pace, besideRate: pace.besideRate + 1000 / intervalMs };
    return { ...pace, intervalMs: Math.max(pace.intervalMs, intervalMs) };
  }

  /** Returns the hosts of which a machine asks no longer. */
  #endUses(now: number): HostKey[] {
    const ended: HostKey[] = [];
    for (const [host, uses] of this.#uses) {
      for (const [machine, { until }] of uses) {
        if (until > now) continue;
        put(this.#uses, host, machine, null);
        ended.push(host);
      }
    }
    return ended;
  }

  #closed(host: HostKey, now: number): Pick<HostNews, 'closed' | 'deaths'> {
    const closures = [...(this.#closures.get(host)?.values() ?? [])].filter(({ until }) => until > now);
    const deaths = closures.filter(({ code }) => code === 'host_dead').length;
    const [longest = null] = closures.sort((a, b) => b.until - a.until);
    return { closed: longest, deaths };
  }
}

function put<T>(all: Map<HostKey, Sayings<T>>, host: HostKey, machine: string, value: T | null): void {
  const sayings = all.get(host) ?? new Map<string, T>();
  if (value === null) sayings.delete(machine);
  else sayings.set(machine, value);
  if (sayings.size === 0) all.delete(host);
  else all.set(host, sayings);
}
