/**
 * Every number that the simulated web is made of. Measured: counted in the 10,000 genuine LAION rows that
 * rom1504/img2dataset keeps as tests/test_files/test_10000.parquet. Published: the source stands beside it. Assumed: no
 * figure is known, the value is a guess that the README of the benchmark declares.
 */

/**
 * Hosts of an index by its rows. The first is measured, the others are assumed: they grow with the rows, but slower.
 * Between them the logarithms are interpolated; a smaller index is the beginning of the first.
 */
export const HOSTS_BY_ROWS: readonly (readonly [rows: number, hosts: number])[] = [
  [10_000, 4_473],
  [100_000, 27_000],
  [1_000_000, 190_000],
];

/**
 * Shares of the rows, measured by registrable domain: the first holds 6.5 %, the first ten 21 %, the first hundred fall
 * with the power 0.94, and 2,953 domains of 10,000 rows occur once. By host name the same rows have 6.4 %, 16.7 % and
 * 3,684: the simulated head is somewhat heavier than that of host names.
 */
export const HEAD = { hosts: 100, topShare: 0.065, exponent: 0.94 } as const;
export const ONCE_SHARE_OF_HOSTS = 2_953 / 4_473;

/** Measured, of the rows; drawn by host. */
export const HTTPS_SHARE = 0.622;

/** What a row meets. */
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

/** The others end as a failure, whatever a client does. */
export const END_WELL: ReadonlySet<Fate> = new Set(['image', 'once_unavailable', 'once_reset']);

/**
 * The profile `dead-links`: percent of all rows that fail, 30 in all and tarpits among them. Published: a LAION-400M shard of February 2023
 * (14.6 % failed; github.com/rom1504/img2dataset/issues/277) and CC12M of August 2026 (36.3 %). The mixture of both that
 * fails at 30 % has 404 and 410 10.3, 403 6.3, DNS 4.8, undecodable 2.9 and the rest 5.7, which is split as in the first.
 * Assumed: how DNS, undecodable and 404/410 split further, and that all of it is permanent.
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

/** The same for whole hosts: every row of theirs fails. Assumed: none of them is among the first hundred. */
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
 * The profile `refusals`, all of it assumed: percent of the hosts of which each row meets the same. The first hosts are
 * sound and ration nothing.
 */
export const REFUSING = {
  soundHosts: 10,
  hosts: { nxdomain: 5, refused: 1.5, unavailable: 1 },
  rationing: { percent: 2, requestsPerSecond: 5 },
  /** Percent of the rows of all other hosts. 404, 410 and 403 stand to each other as above. */
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
  /** What `unavailable` hosts answer with each 503. */
  retryAfterSeconds: 120,
} as const;

/** Rows that an index's expected time is reckoned by: what the two cores did that it was set on. */
export const EXPECTED_ROWS_PER_SECOND = 450;

/** Assumed. A token bucket of one second. */
export const THROTTLE = {
  ranks: [30, 40, 50, 60, 70],
  connections: 4,
  /** The share of the index's expected time that the throttled host needs at the least. */
  shareOfTime: 0.5,
} as const;

/**
 * Assumed: hosts that reset every connection for a while after the client's first sign of life: a minute, or of a small
 * index this share of its expected time, since else it would measure their minute and nothing more.
 */
export const OUTAGE = { ranks: [85, 88, 91, 94, 97], mostSeconds: 60, shareOfTime: 0.2 } as const;

/** Assumed, for want of a published table. Milliseconds; the first is that to the first byte of an answer. */
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
 * Percent of served content, assumed by LAION's file extensions and the Web Almanac. What is left is 0.6 HTML and 0.2
 * SVG, which are among the undecodable rows above.
 */
export const FORMATS = { jpeg: 86, png: 7, webp: 5, gif: 0.8, avif: 0.4 } as const;
