import type { HostKey } from '../../core/samples.ts';
import { SLOW_MS } from './answer-times.ts';
import { Host } from './host.ts';
import { type HostNews, joinNews } from './host-news.ts';
import type { HostOptions } from './host-options.ts';
import type { HostRecord } from './host-record.ts';

/** Hosts remembered besides those with rows under way: a remarkable one takes about 1 kB, any other 100 bytes. */
const MAX_REMARKABLE = 50_000;
const MAX_PLAIN = 200_000;

/**
 * What is known about hosts. The frontier holds those with rows under way; the others rest here, and those unused for
 * the longest time are forgotten first.
 */
export class HostBook {
  readonly #options: HostOptions;
  /** Records of earlier runs, for hosts that this run has not met. */
  readonly #earlier: Map<HostKey, HostRecord>;
  /** What other machines have said of hosts that this one has not met, or knows little about. */
  readonly #news = new Map<HostKey, HostNews>();
  readonly #out = new Map<HostKey, Host>();
  readonly #remarkable = new Map<HostKey, Host>();
  /** Mean milliseconds of a request to each host about which nothing else is worth knowing. */
  readonly #plain = new Map<HostKey, number>();

  constructor(options: HostOptions, earlier: readonly HostRecord[] = []) {
    this.#options = options;
    this.#earlier = new Map(earlier.map((record) => [record.host, record]));
  }

  take(name: HostKey, now: number): Host {
    const host = this.#out.get(name) ?? this.#remarkable.get(name) ?? this.#create(name, now);
    this.#remarkable.delete(name);
    this.#plain.delete(name);
    this.#earlier.delete(name);
    this.#out.set(name, host);
    return host;
  }

  /** A host that is in use or remarkable; undefined for any other. */
  find(name: HostKey): Host | undefined {
    return this.#out.get(name) ?? this.#remarkable.get(name);
  }

  /** Takes back a host that has no more rows. */
  rest(host: Host, now: number): void {
    const { name, meanMs } = host;
    this.#out.delete(name);
    if (host.isRemarkable(now)) keep(this.#remarkable, name, host, MAX_REMARKABLE);
    else if (meanMs !== null) keep(this.#plain, name, meanMs, MAX_PLAIN);
  }

  /** Other machines of the run have learnt this. */
  hear(news: HostNews, now: number): void {
    const { host: name, users } = news;
    if (users === 0) this.#options.users?.delete(name);
    else this.#options.users?.set(name, users);
    const host = this.find(name);
    if (host !== undefined) {
      host.hear(news, now);
      return;
    }
    const known = this.#news.get(name);
    this.#news.delete(name);
    keep(this.#news, name, known === undefined ? news : joinNews(known, news), MAX_REMARKABLE);
  }

  /** What the next run should know. */
  records(now: number): HostRecord[] {
    const met = [...this.#out.values(), ...this.#remarkable.values()].map((host) => host.record(now));
    const slow = [...this.#plain].map(([host, meanMs]) => ({ host, closed: null, intervalMs: 0, meanMs }));
    return [...met, ...slow, ...this.#earlier.values()].filter((record) => isWorthKeeping(record, now));
  }

  #create(name: HostKey, now: number): Host {
    const meanMs = this.#plain.get(name);
    const plain = meanMs === undefined ? undefined : { host: name, closed: null, intervalMs: 0, meanMs };
    const host = new Host(name, this.#options, this.#earlier.get(name) ?? plain);
    const news = this.#news.get(name);
    this.#news.delete(name);
    if (news !== undefined) host.hear(news, now);
    return host;
  }
}

/** A host that answers as fast as most do is known again after its first answer. */
function isWorthKeeping({ closed, paused, intervalMs, meanMs }: HostRecord, now: number): boolean {
  const isLeftAlone = (closed !== null && closed.until > now) || (paused !== undefined && paused.until > now);
  return isLeftAlone || intervalMs > 0 || (meanMs ?? 0) >= SLOW_MS;
}

function keep<T>(map: Map<HostKey, T>, host: HostKey, value: T, most: number): void {
  map.set(host, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

interface HostBookSettings extends Omit<HostOptions, 'intervalMs'> {
  /** Requests a second to one host; null for no limit. */
  readonly perHostRate: number | null;
}

/** A book of hosts that are treated as the user asks. All machines of a run keep to the rate together. */
export function createHostBook(
  { perHost, perHostRate, shares, onEvent }: HostBookSettings,
  earlier: readonly HostRecord[],
): HostBook {
  const ownMs = perHostRate === null ? 0 : 1000 / perHostRate;
  const options: HostOptions = {
    ...{ perHost, shares, onEvent },
    users: shares && new Map(),
    get intervalMs() {
      return ownMs * (shares?.current.machines ?? 1);
    },
  };
  return new HostBook(options, earlier);
}
