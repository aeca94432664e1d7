import {
  DEAD_BY_HOST,
  DEAD_BY_URL,
  EXPECTED_ROWS_PER_SECOND,
  FATES,
  type Fate,
  HEAD,
  HOSTS_BY_ROWS,
  HTTPS_SHARE,
  LATENCY,
  OUTAGE,
  THROTTLE,
} from './distributions.ts';
import { hostCounts } from './host-counts.ts';
import { fraction, normal, randomNumbers, shuffle } from './random.ts';

export interface WebSize {
  readonly rows: number;
  readonly seed: number;
  /** False for silence in the place of what drips. */
  readonly drip: boolean;
}

export interface PlannedHost {
  readonly name: string;
  readonly https: boolean;
  /** What all its rows meet; `image` where each row has a fate of its own. */
  readonly fate: Fate;
  readonly outage: boolean;
  /** Requests a second beyond which it answers 429; null for most hosts. */
  readonly requestsPerSecond: number | null;
}

/** The simulated web as data, the same for the same size. Arrays go by row, in the order of the index. */
export interface WebPlan {
  /** The host with the most rows first. */
  readonly hosts: readonly PlannedHost[];
  /** Place of the row's host in `hosts`. */
  readonly hostOf: Uint32Array;
  readonly fateOf: readonly Fate[];
  /** Milliseconds to the first byte. */
  readonly latencyOf: Uint16Array;
  /** How long hosts are down that are down in the beginning. */
  readonly outageMs: number;
}

/** Domains with a wildcard certificate over them; hosts are spread, so that no domain stands out. */
export const DOMAINS: readonly string[] = Array.from({ length: 64 }, (_, index) => `site${index}.test`);

const LEAST_ROWS = HOSTS_BY_ROWS[0]?.[0] ?? 0;
/** Timers of the same length share a list in Node. */
const LATENCY_STEP_MS = 5;

/** An index of fewer than 10,000 rows is the beginning of one with 10,000. */
export function planWeb({ rows, seed, drip }: WebSize): WebPlan {
  const counts = hostCounts(Math.max(rows, LEAST_ROWS));
  const allRows = counts.reduce((sum, count) => sum + count, 0);
  const next = randomNumbers(seed);
  const fates = deadHosts(counts, allRows, next);
  const fateAt = (host: number): Fate => {
    const fate = fates[host] ?? 'image';
    return fate === 'tarpit_drip' && !drip ? 'tarpit_silent' : fate;
  };
  const expectedSeconds = allRows / EXPECTED_ROWS_PER_SECOND;
  const hosts = Array.from(counts, (count, index): PlannedHost => {
    const rank = index + 1;
    const seconds = THROTTLE.shareOfTime * expectedSeconds;
    return {
      name: `h${index}.${DOMAINS[index % DOMAINS.length]}`,
      https: next() < HTTPS_SHARE || fates[index]?.startsWith('tls_') === true,
      fate: fateAt(index),
      outage: OUTAGE.ranks.some((down) => down === rank),
      requestsPerSecond: THROTTLE.ranks.some((slow) => slow === rank) ? count / seconds : null,
    };
  });

  const order = new Uint32Array(allRows);
  let filled = 0;
  counts.forEach((count, host) => {
    order.fill(host, filled, filled + count);
    filled += count;
  });
  shuffle(order, next);
  const hostOf = order.slice(0, rows);
  const chooseFate = fateByUrl(counts, hosts, allRows);
  const fateOf = Array.from(hostOf, (host) => chooseFate(hosts[host], next()));
  const latencyOf = Uint16Array.from(hostOf, (_, row) => latency(seed, row));
  const outageMs = 1000 * Math.min(OUTAGE.mostSeconds, OUTAGE.shareOfTime * expectedSeconds);
  return { hosts, hostOf, fateOf, latencyOf, outageMs };
}

/** The fates of the hosts that are dead as a whole, by the host's place. They come close to their shares of the rows. */
function deadHosts(counts: Uint32Array, rows: number, next: () => number): (Fate | undefined)[] {
  const places = Uint32Array.from({ length: counts.length - HEAD.hosts }, (_, index) => HEAD.hosts + index);
  shuffle(places, next);
  const fates: (Fate | undefined)[] = [];
  let place = 0;
  for (const fate of FATES) {
    if (!(fate in DEAD_BY_HOST)) continue;
    const percent = DEAD_BY_HOST[fate as keyof typeof DEAD_BY_HOST];
    for (let left = Math.round((percent / 100) * rows); left > 0; place++) {
      const host = places[place];
      if (host === undefined) throw new Error('expected enough hosts outside the head');
      const count = counts[host] ?? 0;
      if (count > left) continue;
      fates[host] = fate;
      left -= count;
    }
  }
  return fates;
}

/** Draws the fate of a row from a number 0 up to 1, more often dead where hosts that are sound leave out their part. */
function fateByUrl(counts: Uint32Array, hosts: readonly PlannedHost[], rows: number) {
  const drawn = hosts.reduce((sum, host, index) => (isDrawn(host) ? sum + (counts[index] ?? 0) : sum), 0);
  const entries = FATES.flatMap((fate) =>
    fate in DEAD_BY_URL ? [[fate, DEAD_BY_URL[fate as keyof typeof DEAD_BY_URL] / 100] as const] : [],
  );
  return (host: PlannedHost | undefined, number: number): Fate => {
    if (host === undefined || !isDrawn(host)) return host?.fate ?? 'image';
    let point = (number * drawn) / rows;
    for (const [fate, share] of entries) {
      if (point < share) return fate;
      point -= share;
    }
    return 'image';
  };
}

/** Throttled hosts and those that recover serve everything in the end. */
const isDrawn = (host: PlannedHost): boolean =>
  host.fate === 'image' && !host.outage && host.requestsPerSecond === null;

function latency(seed: number, row: number): number {
  const deviate = normal(fraction(seed + 1, row), fraction(seed + 2, row));
  const milliseconds = LATENCY.medianMs * Math.exp(LATENCY.sigma * deviate);
  return Math.min(LATENCY.mostMs, Math.ceil(milliseconds / LATENCY_STEP_MS) * LATENCY_STEP_MS);
}
