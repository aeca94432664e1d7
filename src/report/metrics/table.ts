import type { Tally } from '../../run/engine/tally.ts';
import type { RunFigures } from './figures.ts';

/** One value of a metric. */
export interface Point {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Metric {
  /** Name in OTLP. Prometheus reads a counter with `_total` behind it. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  /** OTLP's unit; left out for plain counts. */
  readonly unit?: 'By';
  /** The only label, if there is one. */
  readonly label?: string;
  /** Whether a value disappears when `read` no longer has it, so that the number of series stays small. */
  readonly isFleeting?: true;
  readonly read: (figures: RunFigures) => readonly Point[];
}

/** Maximum hosts that are ever shown at a time: each value of a label is a time series for Prometheus. */
const MOST_HOSTS = 20;

/** The one table of metrics: Prometheus' answer, OTLP and docs/metrics.md come from it. No value has a URL. */
export const METRICS: readonly Metric[] = [
  {
    name: 'laion_fetch_rows',
    kind: 'counter',
    help: 'Rows that this start of the run has settled: success or failed',
    label: 'outcome',
    read: ({ counts }) => (counts === null ? [] : outcomes(counts.tally)),
  },
  {
    name: 'laion_fetch_failures',
    kind: 'counter',
    help: 'Failed rows of this start by failure code',
    label: 'code',
    read: ({ counts }) =>
      [...(counts?.tally.failures ?? [])].map(([code, value]) => ({ value, labels: { code } })),
  },
  {
    name: 'laion_fetch_images',
    kind: 'counter',
    help: 'Images of this start, one for each row with the outcome success',
    read: ({ counts }) => (counts === null ? [] : [{ value: counts.tally.successes }]),
  },
  {
    name: 'laion_fetch_received_bytes',
    kind: 'counter',
    help: 'Bytes of complete bodies that this start has received',
    unit: 'By',
    read: ({ counts }) => (counts === null ? [] : [{ value: counts.tally.bytes }]),
  },
  {
    name: 'laion_fetch_shards_finished',
    kind: 'counter',
    help: 'Shards that this start has written under their final names',
    read: ({ counts }) => (counts === null ? [] : [{ value: counts.shardsWritten }]),
  },
  {
    name: 'laion_fetch_earlier_rows',
    kind: 'gauge',
    help: 'Rows that earlier starts of the run had settled: success or failed',
    label: 'outcome',
    read: ({ counts }) => (counts === null ? [] : outcomes(counts.before)),
  },
  {
    name: 'laion_fetch_expected_rows',
    kind: 'gauge',
    help: 'Rows of the whole run, those of earlier starts included; missing while unknown, at first an estimate for some indexes',
    read: ({ expectedRows }) => (expectedRows === null ? [] : [{ value: expectedRows }]),
  },
  {
    name: 'laion_fetch_rows_in_flight',
    kind: 'gauge',
    help: 'Rows that are being fetched, decoded or stored',
    read: ({ load }) => [{ value: load.inFlight }],
  },
  {
    name: 'laion_fetch_rows_waiting',
    kind: 'gauge',
    help: 'Rows that wait for a free connection (connection), or for a later attempt or a host with a rate limit (time)',
    label: 'reason',
    read: ({ load }) => [
      { value: load.queued, labels: { reason: 'connection' } },
      { value: load.delayed, labels: { reason: 'time' } },
    ],
  },
  {
    name: 'laion_fetch_decoders_busy',
    kind: 'gauge',
    help: 'Decoder processes at work',
    read: ({ load }) => [{ value: load.decodersBusy }],
  },
  {
    name: 'laion_fetch_decoders',
    kind: 'gauge',
    help: 'Decoder processes',
    read: ({ load }) => [{ value: load.decoders }],
  },
  {
    name: 'laion_fetch_hosts_restricted',
    kind: 'gauge',
    help: 'Hosts that did not respond (dead), answered 429 or 503 (throttled), or got fewer connections (limited)',
    label: 'treatment',
    read: ({ counts }) =>
      Object.entries(counts?.hosts ?? {}).map(([treatment, value]) => ({ value, labels: { treatment } })),
  },
  {
    name: 'laion_fetch_host_failed_rows',
    kind: 'gauge',
    help: `Failed rows of the ${MOST_HOSTS} hosts with most of them`,
    label: 'host',
    isFleeting: true,
    read: ({ counts }) =>
      (counts?.notes.worstHosts(MOST_HOSTS) ?? []).map(({ host, failed }) => ({
        value: failed,
        labels: { host },
      })),
  },
];

/** The name under which Prometheus knows a metric. */
export const prometheusName = ({ name, kind }: Metric): string =>
  kind === 'counter' ? `${name}_total` : name;

const outcomes = ({ successes, failed }: Tally): Point[] => [
  { value: successes, labels: { outcome: 'success' } },
  { value: failed, labels: { outcome: 'failed' } },
];
