/**
 * What a person waits for: from the start of the command to its first line on a terminal, and to the end of a run of ten
 * rows on loopback, for each kind of index. Prints medians and the slowest of the runs as a table in Markdown:
 * `npm run bench:start [-- RUNS]`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parquetWriteFile } from 'hyparquet-writer';
import { startBox } from '../test/support/box/box.ts';
import { CLI } from '../test/support/command/cli.ts';
import { spawnOnTerminal } from '../test/support/command/pseudo-terminal.ts';
import { startNode } from '../test/support/command/start-node.ts';

const ROWS = 10;
const TERMINAL = { columns: 80, rows: 24 };
/** As for a user: the tests start one decoder unless they ask for more. */
const DEFAULTS = { LAION_FETCH_DECODERS: String(availableParallelism()) };

async function main(runs: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-start-'));
  const box = await startBox({
    hosts: { '*': { paths: { '*': { body: { fixture: 'images/landscape.jpg' } } } } },
  });
  const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8'];
  try {
    const urls = Array.from({ length: ROWS }, (_, row) => box.url(`h${row % 3}.example`, `/${row}.jpg`));
    const cases = await writeIndexes(folder, urls);
    console.log('| index | first line, ms | slowest | ten rows, ms | slowest |\n|---|--:|--:|--:|--:|');
    for (const [name, args] of cases) {
      const [shown, ended] = [[] as number[], [] as number[]];
      for (let run = 0; run <= runs; run += 1) {
        const output = join(folder, 'out');
        const command = [...args, '--output', output, ...reach];
        const first = await firstLine(command);
        await rm(output, { recursive: true });
        const whole = await wholeRun(command);
        await rm(output, { recursive: true });
        // The first run of all reads files that are not in the page cache.
        if (run > 0) shown.push(first);
        if (run > 0) ended.push(whole);
      }
      console.log(`| ${[name, ...[shown, ended].flatMap(figures)].join(' | ')} |`);
    }
  } finally {
    await box.close();
    await rm(folder, { recursive: true });
  }
}

/** The same ten rows in each format; names and arguments. */
async function writeIndexes(folder: string, urls: readonly string[]) {
  const at = (name: string): string => join(folder, name);
  const data = { url: urls, caption: urls.map((_, row) => `caption ${row}`) };
  const rows = urls.map((url, row) => ({ url, caption: data.caption[row] }));
  await writeFile(at('a.txt'), urls.map((url) => `${url}\n`).join(''));
  await writeFile(at('a.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await writeFile(
    at('a.csv'),
    `url,caption\n${rows.map(({ url, caption }) => `${url},${caption}\n`).join('')}`,
  );
  const columnData = Object.entries(data).map(([name, values]) => ({ name, data: [...values] }));
  parquetWriteFile({ filename: at('a.parquet'), columnData });
  return [
    ['list of URLs', [at('a.txt')]],
    ['JSON Lines', [at('a.jsonl')]],
    ['CSV', [at('a.csv')]],
    ['Parquet', [at('a.parquet')]],
    ['Parquet, `--where`', [at('a.parquet'), '--where', "url LIKE 'http%'"]],
  ] as const;
}

/** Milliseconds from the start of the command to its first line on a terminal; includes the start of `script` and a shell. */
async function firstLine(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const run = spawnOnTerminal(args, TERMINAL, { env: DEFAULTS });
  // What a shell would print before the command starts is nothing.
  await run.shows(' ');
  const milliseconds = performance.now() - start;
  const { code, stdout } = await run.result;
  if (code !== 0) throw new Error(`Expected exit code 0, got ${code}: ${stdout}`);
  return milliseconds;
}

/** Milliseconds until the command has ended, without a terminal. */
async function wholeRun(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const { code, stdout } = await startNode([CLI, ...args, '--json'], { env: DEFAULTS }).result;
  const milliseconds = performance.now() - start;
  const { successes } = JSON.parse(stdout) as { readonly successes: number };
  if (code !== 0 || successes !== ROWS) throw new Error(`Expected ${ROWS} images, got ${stdout}`);
  return milliseconds;
}

function figures(milliseconds: readonly number[]): readonly string[] {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) => (value ?? 0).toFixed(0));
}

await main(Number(process.argv[2] ?? 15));
