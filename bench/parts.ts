/**
 * `npm run bench:parts -- [--rows 4000] [--pairs 3] [--seed 1]`: images like LAION's to 256 pixels (workload *a*), by one process with
 * two decoders, by two parts with one decoder each, and by one process with a queue in Redis on loopback, in turn; what the
 * queue's server does for a row; and the memory of 10,000 shards that wait. Needs redis-server.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { openBroker } from '../src/broker/open-broker.ts';
import type { ShardId } from '../src/core/samples.ts';
import { startRedis } from '../test/support/servers/redis-server.ts';
import { runLaionFetch } from './clients.ts';
import { startFileServer } from './compare/file-server.ts';
import { makeImageSet } from './compare/image-sets.ts';
import { writeIndex } from './compare/write-index.ts';
import { describeMachine } from './machine.ts';

type Way = 'one process' | 'two parts' | 'a queue';

const JOBS = 10_000;
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '4000' },
    pairs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
  },
});
const [ROWS, SEED] = [Number(values.rows), Number(values.seed)];

const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-parts-'));
const redis = await startRedis();
const client = new Redis(redis.url);
await mkdir(join(folder, 'server'));
const server = await startFileServer(folder, join(folder, 'server'));
try {
  const index = join(folder, 'index.parquet');
  const { files } = await makeImageSet(folder, 'laion', SEED);
  writeIndex(index, { rows: ROWS, seed: SEED, files, server, manyHosts: false });
  const load = loadavg().map((each) => each.toFixed(1));
  console.log(
    `${describeMachine()}, load ${load.join(' ')}, ${ROWS} rows\n\n| way | rows/s | CPU ms a row |\n|---|--:|--:|`,
  );
  const ratios: Record<Way, number[]> = { 'one process': [], 'two parts': [], 'a queue': [] };
  for (let pair = 0; pair < Number(values.pairs); pair += 1) {
    const order: Way[] = ['one process', 'two parts', 'a queue'];
    const speeds = new Map<Way, number>();
    for (const way of pair % 2 === 0 ? order : order.reverse()) speeds.set(way, await measure(way, index));
    for (const [way, speed] of speeds) ratios[way].push(speed / (speeds.get('one process') ?? 1));
  }
  for (const way of ['two parts', 'a queue'] as const)
    console.log(`${way} / one process: ${ratios[way].map((ratio) => ratio.toFixed(2)).join(', ')}`);
  console.log(`memory of a shard that waits: ${Math.round(await bytesOfJob())} bytes`);
} finally {
  client.disconnect();
  await redis.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Prints a way's figures and returns its rows a second. */
async function measure(way: Way, index: string): Promise<number> {
  const output = join(folder, 'out');
  const flags = [
    '--image-size',
    '256',
    '--resize-mode',
    'keep_ratio',
    '--url-col',
    'URL',
    '--caption-col',
    'TEXT',
  ];
  const limits = ['--number-sample-per-shard', '500', '--per-host', '64', '--allow-private', '127.0.0.0/8'];
  const run = (more: readonly string[]) =>
    runLaionFetch({
      args: [index, '--output', output, ...flags, ...limits, ...more],
      env: {},
      deadlineMs: Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
    });
  const before = await commands();
  const startedAt = performance.now();
  const results =
    way === 'two parts'
      ? await Promise.all(['0/2', '1/2'].map((part) => run(['--decoders', '1', '--part', part])))
      : [await run(['--decoders', '2', ...(way === 'a queue' ? ['--queue', redis.url] : [])])];
  const seconds = (performance.now() - startedAt) / 1000;
  const images = results.reduce((sum, { successes }) => sum + successes, 0);
  if (images !== ROWS) throw new Error(`${way}: expected ${ROWS} images, got ${images}`);
  const cpu = results.reduce((sum, each) => sum + (each.run.cpuSeconds ?? 0), 0);
  console.log(`| ${way} | ${(ROWS / seconds).toFixed(0)} | ${((cpu * 1000) / ROWS).toFixed(2)} |`);
  if (way === 'a queue') {
    const ran = (await commands()) - before;
    console.error(
      `a queue: ${(ran / ROWS).toFixed(3)} commands a row, ${(ran / seconds).toFixed(1)} a second`,
    );
  }
  await rm(output, { recursive: true });
  return ROWS / seconds;
}

/** Commands that the server has run, within scripts too. */
async function commands(): Promise<number> {
  const stats = await client.info('commandstats');
  return [...stats.matchAll(/:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}

async function bytesOfJob(): Promise<number> {
  const used = async (): Promise<number> =>
    Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
  const broker = await openBroker(redis.url);
  const run = await broker.run('0123456789abcdef0123456789abcdef');
  const before = await used();
  await run.queue.add(
    Array.from({ length: JOBS }, (_, shard) => ({
      shard: shard as ShardId,
      file: 0,
      start: shard * 10_000,
      rows: 10_000,
    })),
  );
  const bytes = (await used()) - before;
  await run.remove();
  await broker.close();
  return bytes / JOBS;
}
