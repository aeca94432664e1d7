import type { HostKey } from '../../core/samples.ts';
import { Host, type HostOptions, type HostRecord, SLOW_MS } from './host.ts';

/** Hosts remembered beyond those with rows under way: remarkable ones take about 1 kB, others 100 bytes. */
const MAX_REMARKABLE = 50_000;
const MAX_PLAIN = 200_000;

/**
 * What is known of hosts. Those with rows under way are in the hands of the frontier; the others rest here, and the
 * longest unused are forgotten first.
 */
export class HostBook {
  readonly #options: HostOptions;
  /** Of earlier runs, for hosts that this run has not met. */
  readonly #earlier: Map<HostKey, HostRecord>;
  readonly #out = new Map<HostKey, Host>();
  readonly #remarkable = new Map<HostKey, Host>();
  /** Mean milliseconds of a request to each host of which nothing else is worth knowing. */
  readonly #plain = new Map<HostKey, number>();

  constructor(options: HostOptions, earlier: readonly HostRecord[] = []) {
    this.#options = options;
    this.#earlier = new Map(earlier.map((record) => [record.host, record]));
  }

  take(host: HostKey): Host {
    const manners = this.#out.get(host) ?? this.#remarkable.get(host) ?? this.#makeManners(host);
    this.#remarkable.delete(host);
    this.#plain.delete(host);
    this.#earlier.delete(host);
    this.#out.set(host, manners);
    return manners;
  }

  /** Takes back a host that has no rows any more. */
  rest(manners: Host, now: number): void {
    const { host, meanMs } = manners;
    this.#out.delete(host);
    if (manners.isRemarkable(now)) keep(this.#remarkable, host, manners, MAX_REMARKABLE);
    else if (meanMs !== null) keep(this.#plain, host, meanMs, MAX_PLAIN);
  }

  /** What the next run should know. */
  records(now: number): HostRecord[] {
    const met = [...this.#out.values(), ...this.#remarkable.values()].map((manners) => manners.record(now));
    const slow = [...this.#plain].map(([host, meanMs]) => ({ host, closed: null, intervalMs: 0, meanMs }));
    return [...met, ...slow, ...this.#earlier.values()].filter((record) => isWorthKeeping(record, now));
  }

  #makeManners(host: HostKey): Host {
    const meanMs = this.#plain.get(host);
    const plain = meanMs === undefined ? undefined : { host, closed: null, intervalMs: 0, meanMs };
    return new Host(host, this.#options, this.#earlier.get(host) ?? plain);
  }
}

/** A host that answers as most do is known again after its first answer. */
function isWorthKeeping({ closed, intervalMs, meanMs }: HostRecord, now: number): boolean {
  return (closed !== null && closed.until > now) || intervalMs > 0 || (meanMs ?? 0) >= SLOW_MS;
}

function keep<T>(map: Map<HostKey, T>, host: HostKey, value: T, most: number): void {
  map.set(host, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
