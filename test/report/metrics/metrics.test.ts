import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { withMetricTable } from '../../../scripts/metric-table.ts';
import type { HostKey } from '../../../src/core/samples.ts';
import { pushTarget } from '../../../src/report/metrics/push-target.ts';
import { type RunMetrics, startMetrics } from '../../../src/report/metrics/start-metrics.ts';
import { METRICS, prometheusName } from '../../../src/report/metrics/table.ts';
import { RunCounts } from '../../../src/run/download/run-counts.ts';
import { Tally } from '../../../src/run/engine/tally.ts';
import { readMetrics } from '../../support/read-metrics.ts';

const document = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const PYTHON = process.env['LAION_FETCH_PYTHON'] ?? 'python3';

async function useMetrics(): Promise<{ metrics: RunMetrics; counts: RunCounts; url: string }> {
  const warn = (message: string): never => expect.unreachable(message);
  const metrics = await startMetrics({ address: '127.0.0.1:0', environment: {}, warn });
  if (metrics?.url == null) return expect.unreachable();
  onTestFinished(() => metrics.stop());
  const earlier = new Tally();
  earlier.addCounts(5, { http_404: 2 });
  const counts = new RunCounts(earlier);
  metrics.watch(counts);
  return { metrics, counts, url: metrics.url };
}

/** A run with every kind of figure, and names that a format of text could take for its own. */
async function useBusyRun(): Promise<string> {
  const { metrics, counts, url } = await useMetrics();
  metrics.take({ type: 'started', rows: 100, inputs: 1, shardsDone: 1, rowsDone: 7 });
  metrics.take({
    type: 'waiting',
    ...{
      delayed: 3,
      queued: 4,
      inFlight: 5,
      unsettled: 12,
      decodersBusy: 1,
      decoders: 2,
      slow: 0,
      slowMs: 0,
    },
    pressure: [],
  });
  for (const path of ['a', 'b']) {
    const address = `http://a.example/${path}?token=secret`;
    counts.take({ type: 'sample', outcome: 'success', bytes: 1000, url: address });
    counts.take({ type: 'sample', outcome: 'http_404', bytes: 24, url: address });
  }
  counts.take({
    type: 'sample',
    outcome: 'dns_not_found',
    bytes: 0,
    url: 'http://u:p@"q\\\n{b="1"}.example/c',
  });
  counts.take({ type: 'shard', name: '00001', count: 4, successes: 2 });
  counts.take({
    type: 'host',
    event: { host: 'a.example' as HostKey, kind: 'paused', status: 429, pauseMs: 1 },
  });
  return url;
}

const BUSY = {
  'laion_fetch_rows_total{outcome="success"}': 2,
  'laion_fetch_rows_total{outcome="failed"}': 3,
  'laion_fetch_failures_total{code="http_404"}': 2,
  'laion_fetch_failures_total{code="dns_not_found"}': 1,
  laion_fetch_images_total: 2,
  laion_fetch_received_bytes_total: 2048,
  laion_fetch_shards_finished_total: 1,
  'laion_fetch_earlier_rows{outcome="success"}': 5,
  'laion_fetch_earlier_rows{outcome="failed"}': 2,
  laion_fetch_expected_rows: 100,
  laion_fetch_rows_in_flight: 5,
  'laion_fetch_rows_waiting{reason="connection"}': 4,
  'laion_fetch_rows_waiting{reason="time"}': 3,
  laion_fetch_decoders_busy: 1,
  laion_fetch_decoders: 2,
  'laion_fetch_hosts_restricted{treatment="dead"}': 0,
  'laion_fetch_hosts_restricted{treatment="throttled"}': 1,
  'laion_fetch_hosts_restricted{treatment="limited"}': 0,
  'laion_fetch_host_failed_rows{host="a.example"}': 2,
};

test('every metric is read from the counts of the run, and none has a URL', async () => {
  const text = await (await fetch(await useBusyRun())).text();
  expect(readMetrics(text)).toMatchObject(BUSY);
  const names = new Set(
    [...text.matchAll(/^# TYPE (laion_fetch\w+) (\w+)$/gm)].map(([, ...found]) => found.join(' ')),
  );
  expect([...names].sort()).toEqual(METRICS.map((each) => `${prometheusName(each)} ${each.kind}`).sort());
  expect(text).not.toMatch(/secret|http:|u:p/);
});

test('at most twenty hosts are shown, also when others take their place', async () => {
  const { counts, url } = await useMetrics();
  const hosts = async (): Promise<string[]> =>
    Object.keys(readMetrics(await (await fetch(url)).text())).filter((name) => name.includes('host='));
  for (let times = 1; times <= 3; times += 1) {
    for (let i = 0; i < 25 * times; i += 1)
      counts.take({
        type: 'sample',
        outcome: 'http_404',
        bytes: 0,
        url: `http://h${times}-${i % 25}.example/`,
      });
    const shown = await hosts();
    expect(shown.length).toBe(20);
    if (times === 3) expect(shown.filter((name) => name.includes('"h1-')).length).toBe(0);
  }
});

test('/health answers, other paths and methods are refused, and a HEAD has no body', async () => {
  const { url } = await useMetrics();
  const ask = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const response = await fetch(new URL(path, url), { method });
    return [response.status, await response.text()];
  };
  expect(await ask('/health')).toEqual([200, 'ok\n']);
  expect(await ask('/metrics?a=1')).toEqual([200, expect.stringContaining('laion_fetch_rows_total')]);
  expect(await ask('/metrics', 'HEAD')).toEqual([200, '']);
  expect((await ask('/'))[0]).toBe(404);
  expect((await ask('/metrics', 'POST'))[0]).toBe(405);
});

describe('documents', () => {
  test('docs/metrics.md has the current table; `npm run readme` updates it', () => {
    expect(document('metrics.md')).toBe(withMetricTable(document('metrics.md')));
  });

  test('the queries of docs/grafana.json name only metrics and labels that exist, and all metrics', () => {
    const queries = [
      ...document('grafana.json').matchAll(/"(?:expr|query|definition)": "((?:[^"\\]|\\.)*)"/g),
    ]
      .map(([, query = '']) => query.replaceAll('\\"', '"'))
      .filter((query) => query !== 'prometheus');
    const used = new Set(queries.flatMap((query) => query.match(/\blaion_fetch\w+/g) ?? []));
    expect([...used].sort()).toEqual(METRICS.map(prometheusName).sort());
    for (const query of queries) {
      const metrics = METRICS.filter((metric) => query.includes(prometheusName(metric)));
      expect(metrics, query).not.toEqual([]);
      const labels = [...query.matchAll(/by \((\w+)\)|[{,](\w+)=/g)].map(([, by, where]) => by ?? where);
      const known = ['instance', ...metrics.map(({ label }) => label)];
      expect(
        labels.filter((label) => !known.includes(label)),
        query,
      ).toEqual([]);
    }
  });
});

test.each<[Record<string, string>, string | null]>([
  [{}, null],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, null],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' }, 'http://a every 60000 ms, 2000 ms'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://b/x' },
    'http://b/x every 60000 ms, 2000 ms',
  ],
  [
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_EXPORTER_OTLP_TIMEOUT: '7',
    },
    'http://a every 500 ms, 7 ms',
  ],
  [
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a',
      OTEL_METRIC_EXPORT_INTERVAL: '-1',
      OTEL_EXPORTER_OTLP_TIMEOUT: 'x',
    },
    'http://a every 60000 ms, 2000 ms',
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_SDK_DISABLED: 'TRUE' }, null],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_METRICS_EXPORTER: 'none' }, null],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_METRICS_EXPORTER: 'console, otlp' },
    'http://a every 60000 ms, 2000 ms',
  ],
])("OpenTelemetry's variables %j: %s", (environment, expected) => {
  const target = pushTarget(environment);
  expect(target && `${target.endpoint} every ${target.everyMs} ms, ${target.timeoutMs} ms`).toBe(expected);
});

/** Prints what Prometheus' own parser for Python reads: `name{label="value"}` and numbers, as JSON. */
const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
samples = [s for family in text_string_to_metric_families(sys.stdin.read()) for s in family.samples]
print(json.dumps([[s.name, s.labels, s.value] for s in samples]))`;

function hasParser(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import prometheus_client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasParser())("Prometheus' parser for Python reads the metrics", async () => {
  const text = await (await fetch(await useBusyRun())).text();
  const samples = JSON.parse(execFileSync(PYTHON, ['-c', PARSE], { input: text, encoding: 'utf8' })) as [
    string,
    Record<string, string>,
    number,
  ][];
  const read = samples.map(([name, labels, value]): [string, number] => {
    const parts = Object.entries(labels).map((label) => `${label[0]}="${label[1]}"`);
    return [parts.length === 0 ? name : `${name}{${parts.join()}}`, value];
  });
  expect(Object.fromEntries(read)).toMatchObject(BUSY);
});
