/**
 * Measures the time to the first request, and the memory, on an index of five million rows in one row group:
 *
 *   npm run bench:large-index [seconds]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { startBox } from '../test/support/box/box.ts';
import { CLI } from '../test/support/command/cli.ts';
import { describeMachine } from './machine.ts';

const ROWS = 5_000_000;
const SAMPLE_EVERY_MS = 100;

async function main(seconds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-'));
  let firstRequestAt: number | undefined;
  const image = { body: { fixture: 'images/tiny.jpg' } };
  const answer = () => {
    firstRequestAt ??= performance.now();
    return image;
  };
  const box = await startBox({ hosts: { '*': { paths: { '*': answer } } } });
  try {
    const index = join(folder, 'index.parquet');
    await writeIndex(index, box.ports.http);
    const startedAt = performance.now();
    const args = [
      index,
      '--output',
      join(folder, 'out'),
      '--resolver',
      box.dns,
      '--allow-private',
      '127.0.0.0/8',
    ];
    const run = spawn(process.execPath, [CLI, ...args, '--progress', 'none'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let summary = '';
    run.stderr.setEncoding('utf8').on('data', (text: string) => {
      summary += text;
    });
    const ended = new Promise((resolve) => run.once('close', resolve));
    let peakMb = 0;
    const sampler = setInterval(async () => {
      peakMb = Math.max(peakMb, await residentMb(run.pid ?? 0));
    }, SAMPLE_EVERY_MS);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    run.kill('SIGINT');
    await ended;
    clearInterval(sampler);
    console.log(`${describeMachine()}\n`);
    console.log(`rows in one row group        ${ROWS.toLocaleString('en')}`);
    console.log(
      `first request after          ${(((firstRequestAt ?? Number.NaN) - startedAt) / 1000).toFixed(2)} s`,
    );
    console.log(`peak memory of the engine    ${peakMb.toFixed(0)} MB in ${seconds} s`);
    console.log(summary);
  } finally {
    await box.close();
    await rm(folder, { recursive: true });
  }
}

async function writeIndex(path: string, port: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT 'http://h' || (i % 20000) || '.example:${port}/' || i || '.jpg' AS "URL",
      'caption number ' || i || ' of an image that nobody has seen' AS "TEXT", i / 7 AS similarity
    FROM range(${ROWS}) t(i)
  ) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE ${ROWS + 1})`);
  const groups = await connection.runAndReadAll(
    `SELECT count(DISTINCT row_group_id) FROM parquet_metadata('${path}')`,
  );
  if (Number(groups.value(0, 0)) !== 1) throw new Error('expected an index of one row group');
  connection.closeSync();
  instance.closeSync();
}

/** Resident memory of one process, from Linux's /proc; 0 after it has ended. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

await main(Number(process.argv[2] ?? 60));
