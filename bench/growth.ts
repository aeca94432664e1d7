/**
 * Measures what larger indexes cost: memory, CPU time per row, time to the first request, and the resumption of a run
 * with a thousand finished shards:
 *
 *   npm run bench:growth -- [--rows 10000,100000,1000000,10000000]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Box, startBox } from '../test/support/box/box.ts';
import { CLI } from '../test/support/command/cli.ts';
import { describeMachine } from './machine.ts';
import { type ClientRun, runClient } from './web/run-client.ts';

/** One row of this many is an image; the URLs of the others have no host. */
const ROWS_PER_IMAGE = 1000;
const RESUMED = { shards: 1000, samplesPerShard: 100 } as const;

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '10000,100000,1000000,10000000' } },
});

interface Bench {
  readonly folder: string;
  readonly box: Box;
  /** Time of the first request since the last reset to undefined: milliseconds since 1970. */
  readonly seen: { firstRequestAt: number | undefined };
}

async function main(): Promise<void> {
  const seen: Bench['seen'] = { firstRequestAt: undefined };
  const answer = () => {
    seen.firstRequestAt ??= Date.now();
    return { body: { fixture: 'images/tiny.jpg' } } as const;
  };
  const box = await startBox({ hosts: { '*': { paths: { '*': answer } } } });
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-'));
  try {
    const bench = { folder, box, seen };
    console.log(`${describeMachine()}\n`);
    console.log(
      '| rows | first request, s | seconds | CPU ms per row | engine, MB | engine, peak MB | all processes, peak MB |',
    );
    console.log('|---|---|---|---|---|---|---|');
    for (const rows of values.rows.split(',').map(Number)) await measureGrowth(bench, rows);
    await measureResumption(bench);
  } finally {
    await box.close();
    await rm(folder, { recursive: true });
  }
}

async function measureGrowth(bench: Bench, rows: number): Promise<void> {
  const index = await writeIndex(bench, rows);
  bench.seen.firstRequestAt = undefined;
  const startedAt = Date.now();
  const run = await download(bench, index, 10_000);
  const first = ((bench.seen.firstRequestAt ?? Number.NaN) - startedAt) / 1000;
  const cells = [rows.toLocaleString('en'), first.toFixed(2), run.seconds.toFixed(1), cpuMs(run, rows)];
  const engine = run.rootBytes ?? [];
  const memory = [middle(engine.slice(engine.length / 2)), Math.max(...engine), run.peakBytes];
  console.log(`| ${[...cells, ...memory.map(megabytes)].join(' | ')} |`);
  await clear(bench, index);
}

/** Measures a run and its resumption, which finds every shard done. */
async function measureResumption(bench: Bench): Promise<void> {
  const { shards, samplesPerShard } = RESUMED;
  const index = await writeIndex(bench, shards * samplesPerShard);
  const whole = await download(bench, index, samplesPerShard);
  const again = await download(bench, index, samplesPerShard);
  console.log(
    `\n${shards} shards: ${whole.seconds.toFixed(1)} s; the same command again, with nothing left to do: ` +
      `${again.seconds.toFixed(1)} s, ${again.cpuSeconds?.toFixed(1) ?? '-'} s of CPU time`,
  );
  await clear(bench, index);
}

async function download({ folder, box }: Bench, index: string, samplesPerShard: number): Promise<ClientRun> {
  const dataset = ['--output', join(folder, 'out'), '--number-sample-per-shard', String(samplesPerShard)];
  const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--progress', 'none'];
  const run = await runClient({
    command: process.execPath,
    args: [CLI, index, ...dataset, ...reach],
    env: {},
    deadlineMs: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  });
  if (run.code !== 0) throw new Error(`laion-fetch ended with code ${run.code}:\n${run.stderr.slice(-2000)}`);
  return run;
}

async function writeIndex({ folder, box }: Bench, rows: number): Promise<string> {
  const path = join(folder, 'index.parquet');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT CASE WHEN i % ${ROWS_PER_IMAGE} = 0
        THEN 'http://h' || (i % 977) || '.example:${box.ports.http}/' || i || '.jpg'
        ELSE 'ftp://h' || i || '.example/' || i || '.jpg' END AS "URL",
      'caption number ' || i || ' of an image that nobody has seen' AS "TEXT", i / 7 AS similarity
    FROM range(${rows}) t(i)
  ) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

async function clear({ folder }: Bench, index: string): Promise<void> {
  await rm(index);
  await rm(join(folder, 'out'), { recursive: true });
}

const cpuMs = ({ cpuSeconds }: ClientRun, rows: number): string =>
  cpuSeconds === null ? '-' : ((cpuSeconds * 1000) / rows).toFixed(3);

/** The median. */
const middle = (values: readonly number[]): number | null =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;

const megabytes = (bytes: number | null): string => (bytes === null ? '-' : (bytes / 2 ** 20).toFixed(0));

await main();
