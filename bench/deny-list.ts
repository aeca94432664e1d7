/**
 * Measures the memory and the time of `--deny-list` with ten million URLs, and counts requests for denied ones:
 *
 *   npm run bench:deny-list [entries]
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { startBox } from '../test/support/box/box.ts';
import { CLI } from '../test/support/command/cli.ts';
import { describeMachine } from './machine.ts';

const ROWS = 200;
const DENIED = 100;

async function main(entries: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-'));
  const asked: string[] = [];
  const image = { body: { fixture: 'images/tiny.jpg' } } as const;
  const box = await startBox({
    hosts: {
      '*': {
        paths: {
          '*': ({ host, path }) => {
            asked.push(`${host}${path}`);
            return image;
          },
        },
      },
    },
  });
  try {
    // Each second row of the index is in the list, spread over all of it.
    const denied = (n: number) => urlOf(box.ports.http, Math.floor((n * entries) / DENIED));
    const rows = Array.from({ length: ROWS }, (_, n) =>
      n % 2 === 0 ? denied(n / 2) : urlOf(box.ports.http, entries + n),
    );
    const index = join(folder, 'index.txt');
    await writeFile(index, rows.join('\n'));
    const lists = [
      await writeText(folder, box.ports.http, entries),
      await writeParquet(folder, box.ports.http, entries),
    ];
    const reach = [
      '--resolver',
      box.dns,
      '--allow-private',
      '127.0.0.0/8',
      '--progress',
      'none',
      '--decoders',
      '1',
    ];
    const run = async (name: string, flags: readonly string[]) => {
      asked.length = 0;
      const startedAt = performance.now();
      const peakMb = await peakOf([CLI, index, '--output', join(folder, name), ...reach, ...flags]);
      const seconds = (performance.now() - startedAt) / 1000;
      const deniedRows = new Set(
        rows.filter((_, n) => n % 2 === 0).map((url) => url.replace(/^http:\/\/|:\d+/g, '')),
      );
      const wrong = asked.filter((url) => deniedRows.has(url)).length;
      console.log(`| ${name} | ${peakMb.toFixed(0)} | ${seconds.toFixed(1)} | ${asked.length} | ${wrong} |`);
    };
    console.log(
      `${describeMachine()}\n\n${entries.toLocaleString('en')} URLs; an index of ${ROWS} rows, ${DENIED} of them denied\n`,
    );
    console.log('| list | peak MB | s | requests | of denied rows |\n| --- | --: | --: | --: | --: |');
    await run('none', []);
    await run('text', ['--deny-list', lists[0] ?? '']);
    await run('parquet', ['--deny-list', lists[1] ?? '']);
  } finally {
    await box.close();
    await rm(folder, { recursive: true });
  }
}

const urlOf = (port: number, n: number): string => `http://h${n % 20_000}.example:${port}/images/${n}.jpg`;

async function writeText(folder: string, port: number, entries: number): Promise<string> {
  const path = join(folder, 'deny.txt');
  const file = createWriteStream(path);
  for (let from = 0; from < entries; from += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, entries - from) }, (_, n) => urlOf(port, from + n));
    if (!file.write(`${lines.join('\n')}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return path;
}

async function writeParquet(folder: string, port: number, entries: number): Promise<string> {
  const path = join(folder, 'deny.parquet');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`COPY (
    SELECT 'http://h' || (i % 20000) || '.example:${port}/images/' || i || '.jpg' AS url FROM range(${entries}) t(i)
  ) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return path;
}

/** Runs a Node program and returns the peak of its resident memory in MB, as Linux counts it. */
async function peakOf(args: readonly string[]): Promise<number> {
  const script =
    "process.on('exit', () => process.stderr.write(require('fs').readFileSync('/proc/self/status')));";
  const preload = `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('file:///'); if (!process.send) { ${script} }`)}`;
  const child = spawn(process.execPath, ['--import', preload, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the run ended with ${code}: ${text}`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(text)?.[1]) / 1024;
}

await main(Number(process.argv[2] ?? 10_000_000));
