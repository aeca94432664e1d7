import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ShardStats } from '../../../src/output/metadata/stats.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { readMetrics } from '../../support/read-metrics.ts';

const IMAGE = { body: { fixture: 'images/tiny.jpg' } };
const WEB = {
  hosts: { '*': { paths: { '*': IMAGE, '/gone': { status: 410 }, '/text': { body: { text: 'no' } } } } },
};

interface Push {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** By name with labels, as in Prometheus' format. */
  readonly values: Readonly<Record<string, number>>;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface OtlpMetrics {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
  }[];
}

interface OtlpMetric {
  readonly name: string;
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
}

interface OtlpPoint {
  readonly attributes: readonly Attribute[];
  readonly asInt?: number | string;
  readonly asDouble?: number;
}

/** A collector on loopback that decodes what it gets and answers with `status`, after `beforeAnswer`. */
async function useCollector(
  status = 200,
  beforeAnswer?: () => Promise<void>,
): Promise<{ readonly url: string; readonly pushes: readonly Push[] }> {
  const pushes: Push[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as OtlpMetrics;
    const resources = body.resourceMetrics;
    pushes.push({
      path: request.url,
      headers: request.headers,
      attributes: labelsOf(resources.flatMap(({ resource }) => resource.attributes)),
      values: Object.fromEntries(
        resources.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap(({ metrics }) => metrics.flatMap((metric) => pointsOf(metric))),
        ),
      ),
    });
    await beforeAnswer?.();
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pushes };
}

const labelsOf = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));

function pointsOf({ name, sum, gauge }: OtlpMetric): [string, number][] {
  return (
    (sum ?? gauge)?.dataPoints.map(({ attributes, asInt, asDouble }) => {
      const [label] = Object.entries(labelsOf(attributes));
      const total = sum === undefined ? '' : '_total';
      const labels = label === undefined ? '' : `{${label[0]}="${label[1]}"}`;
      return [`${name}${total}${labels}`, Number(asInt ?? asDouble)];
    }) ?? []
  );
}

const counted = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => /^laion_fetch\w+_total/.test(name)));

test('what Prometheus reads after the last row, and what a collector gets at the end, equals the statistics', async () => {
  const web = await useWeb(WEB);
  let url = '';
  let scraped: Record<string, number> = {};
  // The run waits for its last push, and so for this scrape.
  const collector = await useCollector(200, async () => {
    scraped = readMetrics(await (await fetch(url)).text());
  });
  const paths = [...Array.from({ length: 13 }, (_, i) => `/${i}`), '/gone', '/gone', '/gone', '/text', ''];
  const rows = paths.map((path, i): [string, string] => [
    path === '' ? 'http://10.0.0.1/x' : web.box.url(`h${i % 3}.example`, path),
    `caption ${i}`,
  ]);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=abc',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    OTEL_SERVICE_NAME: 'fetcher',
    OTEL_EXPORTER_OTLP_TIMEOUT: '30000',
  };
  const args = [await web.writeIndex(rows), '--output', web.output, '--metrics', '0', '--json', ...web.reach];
  const command = spawnCli([...args, '--number-sample-per-shard', '9', '--retries', '0'], { env });
  url = /http:\S+/.exec(await command.shows('/metrics\n'))?.[0] ?? '';
  const { code, stderr } = await command.result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: `laion-fetch: metrics are at ${url}\n` });

  const total = { count: 0, successes: 0, bytes_downloaded: 0 };
  const codes: Record<string, number> = {};
  for (const name of ['00000_stats.json', '00001_stats.json']) {
    const statistics = JSON.parse(readFileSync(join(web.output, name), 'utf8')) as ShardStats;
    for (const key of ['count', 'successes', 'bytes_downloaded'] as const) total[key] += statistics[key];
    for (const [failure, rows] of Object.entries(statistics.failure_codes)) {
      const series = `laion_fetch_failures_total{code="${failure}"}`;
      codes[series] = (codes[series] ?? 0) + rows;
    }
  }
  expect(total.count).toBe(rows.length);
  const expected = {
    'laion_fetch_rows_total{outcome="success"}': total.successes,
    'laion_fetch_rows_total{outcome="failed"}': total.count - total.successes,
    laion_fetch_images_total: total.successes,
    laion_fetch_received_bytes_total: total.bytes_downloaded,
    ...codes,
  };
  expect(counted(scraped)).toEqual({ ...expected, laion_fetch_shards_finished_total: 2 });
  const last = collector.pushes.at(-1);
  expect(counted(last?.values ?? {})).toEqual(counted(scraped));
  expect(last).toMatchObject({
    path: '/v1/metrics',
    headers: { 'content-type': 'application/json', 'x-key': 'abc' },
    attributes: { 'service.name': 'fetcher', 'deployment.environment': 'test' },
    values: { laion_fetch_rows_in_flight: 0, laion_fetch_expected_rows: rows.length },
  });
});

test('retry has the same metrics, of the rows that it tries again', async () => {
  const web = await useWeb(WEB);
  const { url, pushes } = await useCollector();
  const urls = ['/1', '/gone', '/gone', '/text'].map((path) => web.box.url('a.example', path));
  const index = await web.writeIndex(urls.map((each) => [each, 'a caption']));
  const quick = ['--retries', '0', ...web.reach];
  await runCli([index, '--output', web.output, ...quick]);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: '30000' };
  const { code } = await runCli(['retry', web.output, '--class', 'http_410', ...quick], { env });
  expect(code).toBe(0);
  expect(pushes.at(-1)?.values).toMatchObject({
    'laion_fetch_rows_total{outcome="success"}': 0,
    'laion_fetch_rows_total{outcome="failed"}': 2,
    'laion_fetch_failures_total{code="http_410"}': 2,
    'laion_fetch_host_failed_rows{host="a.example"}': 2,
    laion_fetch_expected_rows: 2,
  });
});

test('a collector that cannot be reached or refuses is one warning, and the run ends as ever', async () => {
  const web = await useWeb(WEB);
  const refusing = await useCollector(401);
  const index = await web.writeIndex([[web.box.url('a.example', '/1'), 'a caption']]);
  const run = (name: string, env: Record<string, string>) =>
    runCli([index, '--output', join(web.folder, name), '--json', ...web.reach], { env });
  // Nothing listens at port 1.
  const eager = { OTEL_METRIC_EXPORT_INTERVAL: '50', OTEL_EXPORTER_OTLP_TIMEOUT: '40' };
  const [unreachable, refused, nonsense, off] = await Promise.all([
    run('a', {
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://user:secret@127.0.0.1:1/v1/metrics',
      ...eager,
    }),
    run('b', {
      OTEL_EXPORTER_OTLP_ENDPOINT: refusing.url,
      OTEL_METRIC_EXPORT_INTERVAL: '50',
      OTEL_EXPORTER_OTLP_TIMEOUT: '30000',
    }),
    run('c', { OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4318' }),
    run('d', { OTEL_EXPORTER_OTLP_ENDPOINT: refusing.url, OTEL_SDK_DISABLED: 'true' }),
  ]);
  const said = (stderr: string): string[] =>
    stderr.split('\n').flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { msg: string }).msg]));
  expect([unreachable, refused, nonsense, off].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(said(unreachable.stderr)).toEqual([
    expect.stringMatching(
      /^metrics cannot be sent to http:\/\/\*\*\*@127\.0\.0\.1:1\/v1\/metrics: .*ECONNREFUSED.*; the run goes on/,
    ),
  ]);
  expect(said(refused.stderr)).toEqual([
    expect.stringMatching(/^metrics cannot be sent to .*: Unauthorized; /),
  ]);
  expect(said(nonsense.stderr)).toEqual([
    "OTEL_EXPORTER_OTLP_ENDPOINT: expected a URL such as http://127.0.0.1:4318, got '127.0.0.1:4318'; no metrics are sent",
  ]);
  expect(off.stderr).toBe('');
});

test('an address that cannot be used ends the run before it begins, with one line and exit code 2', async () => {
  const web = await useWeb(WEB);
  const { url } = await useCollector();
  const index = await web.writeIndex([[web.box.url('a.example', '/1'), 'a caption']]);
  const taken = new URL(url).host;
  const run = (address: string) =>
    runCli([index, '--output', web.output, '--metrics', address, ...web.reach]);
  const results = await Promise.all([taken, '192.0.2.1:9464', '127.0.0.1', '127.0.0.1:70000'].map(run));
  expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  const lines = results.map(({ stderr }) => stderr.replace(/^laion-fetch: /, '').split('\n'));
  expect(lines.map(({ length }) => length)).toEqual([2, 2, 2, 2]);
  expect(lines.map(([line]) => line)).toEqual([
    `--metrics ${taken}: another program uses this port; name another host:port, such as 127.0.0.1:0 for a free port`,
    '--metrics 192.0.2.1:9464: this machine does not have that address; name another host:port, such as 127.0.0.1:0 for a free port',
    expect.stringMatching(
      /^--metrics: expected an address to listen at, such as 127\.0\.0\.1:9464, got '127\.0\.0\.1'/,
    ),
    expect.stringMatching(/^--metrics: expected an address to listen at/),
  ]);
  expect(existsSync(web.output)).toBe(false);
});
