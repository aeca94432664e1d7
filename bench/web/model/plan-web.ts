import { deadLinks } from './dead-links.ts';
import {
  EXPECTED_ROWS_PER_SECOND,
  type Fate,
  HOSTS_BY_ROWS,
  HTTPS_SHARE,
  LATENCY,
  OUTAGE,
} from './distributions.ts';
import { hostCounts } from './host-counts.ts';
import type { HostTraits, MakeProfile } from './profile.ts';
import { fraction, normal, randomNumbers, shuffle } from './random.ts';
import { refusals } from './refusals.ts';

/** What fails on the web, and how. */
export const PROFILES = { 'dead-links': deadLinks, refusals } as const satisfies Record<string, MakeProfile>;
export type ProfileName = keyof typeof PROFILES;

export interface WebSize {
  readonly rows: number;
  readonly seed: number;
  readonly profile: ProfileName;
  /** False: hosts that would drip stay silent instead. */
  readonly drip: boolean;
  /**
   * The host of each row of a genuine index, 0 for the host with the most rows; further rows start from its beginning.
   * If absent, hosts are drawn by LAION's shares.
   */
  readonly genuineHosts?: Uint32Array | undefined;
}

export interface PlannedHost extends HostTraits {
  readonly name: string;
  readonly https: boolean;
}

/** The simulated web as data, the same for the same size. Arrays have one entry per row, in the order of the index. */
export interface WebPlan {
  /** The host with the most rows first. */
  readonly hosts: readonly PlannedHost[];
  /** Position of the row's host in `hosts`. */
  readonly hostOf: Uint32Array;
  readonly fateOf: readonly Fate[];
  /** Milliseconds to the first byte. */
  readonly latencyOf: Uint16Array;
  /** How long the hosts that are down at first stay down. */
  readonly outageMs: number;
}

/** Domains covered by a wildcard certificate. Hosts are spread over them, so that no domain stands out. */
export const DOMAINS: readonly string[] = Array.from({ length: 64 }, (_, index) => `site${index}.test`);

const LEAST_ROWS = HOSTS_BY_ROWS[0]?.[0] ?? 0;
/** Timers of the same length share a list in Node. */
const LATENCY_STEP_MS = 5;

/** Without genuine hosts, an index of fewer than 10,000 rows is the start of one with 10,000. */
export function planWeb({ rows, seed, profile, drip, genuineHosts }: WebSize): WebPlan {
  const counts =
    genuineHosts === undefined ? hostCounts(Math.max(rows, LEAST_ROWS)) : countRows(genuineHosts, rows);
  const allRows = counts.reduce((sum, count) => sum + count, 0);
  const next = randomNumbers(seed);
  const { traits, fateOf: drawFate } = PROFILES[profile](counts, next);
  const asMeant = (fate: Fate): Fate => (fate === 'tarpit_drip' && !drip ? 'tarpit_silent' : fate);
  const hosts = traits.map(
    (host, index): PlannedHost => ({
      ...host,
      fate: asMeant(host.fate),
      name: `h${index}.${DOMAINS[index % DOMAINS.length]}`,
      https: next() < HTTPS_SHARE || host.fate.startsWith('tls_'),
    }),
  );
  const hostOf =
    genuineHosts === undefined
      ? drawOrder(counts, allRows, next).slice(0, rows)
      : Uint32Array.from({ length: rows }, (_, row) => genuineHosts[row % genuineHosts.length] ?? 0);
  const fateOf = Array.from(hostOf, (host) => asMeant(drawFate(host, next())));
  const latencyOf = Uint16Array.from(hostOf, (_, row) => latency(seed, row));
  const outageMs =
    1000 * Math.min(OUTAGE.mostSeconds, (OUTAGE.shareOfTime * allRows) / EXPECTED_ROWS_PER_SECOND);
  return { hosts, hostOf, fateOf, latencyOf, outageMs };
}

function drawOrder(counts: Uint32Array, rows: number, next: () => number): Uint32Array {
  const order = new Uint32Array(rows);
  let filled = 0;
  counts.forEach((count, host) => {
    order.fill(host, filled, filled + count);
    filled += count;
  });
  shuffle(order, next);
  return order;
}

function countRows(genuineHosts: Uint32Array, rows: number): Uint32Array {
  const counts = new Uint32Array(genuineHosts.reduce((most, host) => Math.max(most, host), 0) + 1);
  for (let row = 0; row < rows; row++) {
    const host = genuineHosts[row % genuineHosts.length] ?? 0;
    counts[host] = (counts[host] ?? 0) + 1;
  }
  return counts;
}

function latency(seed: number, row: number): number {
  const deviate = normal(fraction(seed + 1, row), fraction(seed + 2, row));
  const milliseconds = LATENCY.medianMs * Math.exp(LATENCY.sigma * deviate);
  return Math.min(LATENCY.mostMs, Math.ceil(milliseconds / LATENCY_STEP_MS) * LATENCY_STEP_MS);
}
