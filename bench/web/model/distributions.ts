/**
 * Every number of the simulated web. Measured: counted in the 10,000 genuine LAION rows that
 * rom1504/img2dataset keeps as tests/test_files/test_10000.parquet. Published: the source stands beside it. Assumed: no
 * figure is known; the value is a guess, and bench/README.md says so.
 */

/**
 * Number of hosts by number of rows. The first pair is measured. The others are assumed: hosts grow with the rows, but
 * more slowly. Values between them are interpolated on logarithms; a smaller index is the start of the first.
 */
export const HOSTS_BY_ROWS: readonly (readonly [rows: number, hosts: number])[] = [
  [10_000, 4_473],
  [100_000, 27_000],
  [1_000_000, 190_000],
];

/**
 * Shares of the rows, measured by registrable domain: the first holds 6.5 %, the first ten 21 %, the first hundred
 * follow a power law with exponent 0.94, and 2,953 domains of 10,000 rows occur once. By host name the same rows have
 * 6.4 %, 16.7 % and 3,684: the simulated head is somewhat heavier than that of host names.
 */
export const HEAD = { hosts: 100, topShare: 0.065, exponent: 0.94 } as const;
export const ONCE_SHARE_OF_HOSTS = 2_953 / 4_473;

/** Measured as a share of the rows; drawn per host. */
export const HTTPS_SHARE = 0.622;

/** What happens to a row. */
export const FATES = [
  'image',
  'not_found',
  'gone',
  'forbidden',
  'other_4xx',
  'server_error',
  'page',
  'svg',
  'garbage',
  'opt_out',
  'reset',
  'nxdomain',
  'servfail',
  'dns_silent',
  'refused',
  'tls_expired',
  'tls_wrong_host',
  'tarpit_silent',
  'tarpit_drip',
  'unavailable',
  'once_unavailable',
  'once_reset',
] as const;
export type Fate = (typeof FATES)[number];

/** Fates that can end well; all others end as a failure, whatever the client does. */
export const END_WELL: ReadonlySet<Fate> = new Set(['image', 'once_unavailable', 'once_reset']);

/**
 * The profile `dead-links`: percent of all rows that fail, 30 in all and tarpits among them. Published: a LAION-400M
 * shard of February 2023 (14.6 % failed; github.com/rom1504/img2dataset/issues/277) and CC12M of August 2026 (36.3 %).
 * The mix of both with 30 % failures has 404 and 410 10.3, 403 6.3, DNS 4.8, undecodable 2.9 and the rest 5.7, which is
 * split as in the first. Assumed: how DNS, undecodable and 404/410 split further, and that all of it is permanent.
 */
export const DEAD_BY_URL = {
  not_found: 9.1,
  gone: 1.2,
  forbidden: 6.3,
  other_4xx: 0.47,
  server_error: 0.53,
  page: 2,
  svg: 0.2,
  garbage: 0.67,
  opt_out: 0.36,
  reset: 0.37,
} as const satisfies Partial<Record<Fate, number>>;

/** The same for whole hosts, whose rows all fail. Assumed: none of them is among the first hundred. */
export const DEAD_BY_HOST = {
  nxdomain: 4.2,
  servfail: 0.3,
  dns_silent: 0.3,
  refused: 0.35,
  tls_expired: 0.35,
  tls_wrong_host: 0.3,
  tarpit_silent: 2,
  tarpit_drip: 1,
} as const satisfies Partial<Record<Fate, number>>;

/**
 * The profile `refusals`, all of it assumed: percent of hosts that treat all their rows the same way. The first hosts
 * are healthy and limit nothing.
 */
export const REFUSING = {
  soundHosts: 10,
  hosts: { nxdomain: 5, refused: 1.5, unavailable: 1 },
  rationing: { percent: 2, requestsPerSecond: 5 },
  /** Percent of the rows of all other hosts. 404, 410 and 403 have the same proportions as above. */
  urls: {
    not_found: 8.2,
    gone: 1.1,
    forbidden: 5.7,
    tarpit_silent: 1.2,
    tarpit_drip: 0.4,
    reset: 1,
    server_error: 1.2,
    once_unavailable: 2,
    once_reset: 1,
  },
  /** `Retry-After` of `unavailable` hosts, in seconds. */
  retryAfterSeconds: 120,
} as const;

/** Rows per second from which the expected time of an index follows: the speed of two cores when this was set. */
export const EXPECTED_ROWS_PER_SECOND = 450;

/** Assumed. A token bucket of one second. */
export const THROTTLE = {
  ranks: [30, 40, 50, 60, 70],
  connections: 4,
  /** Minimum share of the index's expected time that the throttled host needs. */
  shareOfTime: 0.5,
} as const;

/**
 * Assumed: hosts that reset every connection for a while after the client's first sign of life. For a small index, this
 * is not a minute but a share of its expected time; otherwise the benchmark would measure only that minute.
 */
export const OUTAGE = { ranks: [85, 88, 91, 94, 97], mostSeconds: 60, shareOfTime: 0.2 } as const;

/** Milliseconds, assumed because no table is published; the first is the time to the first byte of an answer. */
export const LATENCY = {
  medianMs: 180,
  sigma: 0.9,
  mostMs: 8_000,
  firstQuestionMs: 30,
  dripMs: 250,
} as const;

/** Published: the counts of the LAION-400M announcement, which a log-normal distribution fits. Pixels. */
export const SHORT_SIDE = { median: 261, sigma: 0.684 } as const;
/** Fits the long side's median of 334 and sigma of 0.70 from the same source. */
export const LONG_BY_SHORT = { median: 334 / 261, sigma: 0.15 } as const;

/**
 * Percent of served content, assumed from LAION's file extensions and the Web Almanac. The rest is 0.6 HTML and 0.2
 * SVG, which belong to the undecodable rows above.
 */
export const FORMATS = { jpeg: 86, png: 7, webp: 5, gif: 0.8, avif: 0.4 } as const;
