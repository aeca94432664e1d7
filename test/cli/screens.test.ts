/**
 * What people see, made by real runs on a pseudo terminal and compared with the files in screens/, with figures
 * normalised. `vitest run --update` writes them anew; look at them then.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { useWeb, type Web } from '../support/box/use-web.ts';
import {
  frames,
  showOutput,
  spawnOnTerminal,
  type TerminalSize,
} from '../support/command/pseudo-terminal.ts';

const IMAGE = { body: { fixture: 'images/landscape.jpg' }, delayMs: 60 } as const;
const SIZES: readonly TerminalSize[] = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
];

const repeat = (count: number, url: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => url(i));

/** A hundred rows, 40 of which fail, as `index.parquet`. */
async function useGallery(): Promise<Web> {
  const paths = { '*': IMAGE, '/gone': { status: 410 }, '/text': { body: { text: 'no image' } } } as const;
  const dead = { dns: { rcode: 'NXDOMAIN' } } as const;
  const web = await useWeb({
    hosts: { '*': { paths }, 'dead.example': dead, 'busy.example': { paths: { '*': { status: 500 } } } },
  });
  // Counts that differ, so that their order does not depend on the moment.
  const failing = [
    ...repeat(13, (i) =>
      web.box.url('dead.example', `/a-rather-long-path/that-does-not-fit/in-eighty-columns/${i}`),
    ),
    ...repeat(12, () => web.box.url('a.example', '/text')),
    ...repeat(8, () => web.box.url('busy.example', '/')),
    ...repeat(5, () => web.box.url('b.example', '/gone')),
    ...repeat(2, () => web.box.url('c.example', '/gone')),
  ];
  const urls = [...failing, ...repeat(60, (i) => web.box.url(`${'abc'[i % 3]}.example`, `/${i}`))];
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'url', data: urls, type: 'STRING' },
      { name: 'caption', data: urls.map((_, i) => `caption ${i}`), type: 'STRING' },
      { name: 'similarity', data: urls.map((_, i) => i / 100), type: 'DOUBLE' },
    ],
  });
  await writeFile(join(web.folder, 'index.parquet'), new Uint8Array(buffer));
  return web;
}

/** Figures of a run vary; everything else does not. Lines keep their lengths only where nothing varies. */
function normalise(screen: string, { box }: Web): string {
  return screen
    .replaceAll(`:${box.ports.http}`, ':PORT')
    .replace(/\[#*-*\]/g, '[##--]')
    .replace(/[\d.]+ %(?= +\d+ of)/g, 'N %')
    .replace(/\] +N %/, ']  N %')
    .replace(/eighty-columns\/\d+/g, 'eighty-columns/N')
    .replace(/\d+ of (~?)(\d+)/g, 'N of $1$2')
    .replace(/^(\[##--\] +N % .*?(?:rows|rows so far)) {2}.*$/m, '$1  ...')
    .replace(/^[\d.]+ rows\/s .*$/m, 'N rows/s  N img/s  NKiB/s  N in flight  N waiting  N/1 decoding')
    .replace(/^[\d.]+ % ok.*$/m, 'N % ok  ...')
    .replace(/(in|after) [\d.ms ]+ \(.*?\/s\)/, '$1 Ns (N img/s, NKiB/s)')
    .replace(/commands are [^$]*/, 'commands are ...\n')
    .replace(/^ {4}at .*?(?=^laion-fetch)/ms, '    at ...\n')
    .trimEnd()
    .concat('\n');
}

interface Shown {
  readonly code: number | null;
  /** The last live lines, and all that stands on the screen at the end. */
  readonly live: string;
  readonly end: string;
}

async function show(
  web: Web,
  args: readonly string[],
  size: TerminalSize,
  { keys = '', env = {} }: { readonly keys?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Shown> {
  const run = spawnOnTerminal([...args, ...web.reach], size, { cwd: web.folder, env });
  if (keys !== '') {
    await run.shows('http_410');
    run.write(keys);
  }
  const { code, stdout } = await run.result;
  const shown = frames(stdout, size.columns).map((frame) => frame.split('\n'));
  for (const line of shown.flat()) expect(line.length).toBeLessThan(size.columns);
  const live =
    shown
      .findLast((lines) => lines.at(-2)?.includes('rows/s'))
      ?.slice(-3)
      .join('\n') ?? '';
  const end = showOutput(stdout, size.columns);
  return { code, live: normalise(live, web), end: normalise(end, web) };
}

const golden = (name: string, { columns, rows }: TerminalSize): string =>
  `screens/${name}-${columns}x${rows}.txt`;

test.each(SIZES)(
  'a run with --where, its summary with 40 %% failures, and a resume at $columns x $rows',
  async (size) => {
    const web = await useGallery();
    const args = [
      'index.parquet',
      '--output',
      'out',
      '--where',
      'similarity >= 0',
      '--retries',
      '0',
      '--per-host',
      '2',
    ];
    const stopped = await show(web, args, size, { keys: 'q' });
    expect(stopped.code).toBe(130);
    expect(stopped.end).toMatch(/^ {2}interrupted after .*; the same\s+command resumes$/m);
    await expect(stopped.live).toMatchFileSnapshot(golden('where', size));
    const resumed = await show(web, args, size);
    expect(resumed.code).toBe(0);
    expect(resumed.end).toMatch(/rows resumed from an earlier run/);
    const whole = await show(web, [...args, '--incremental-mode', 'overwrite'], size);
    await expect(whole.live + whole.end).toMatchFileSnapshot(golden('summary', size));
    const again = await show(web, args, size);
    await expect(again.end).toMatchFileSnapshot(golden('resume', size));
  },
);

test.each(SIZES)('an error of each exit code at $columns x $rows', async (size) => {
  const web = await useGallery();
  const { folder, box } = web;
  await writeFile(join(folder, 'file'), '');
  await writeFile(join(folder, 'gone.txt'), `${box.url('a.example', '/gone')}\n`);
  await mkdir(join(folder, 'busy'));
  const holder = { pid: 1, host: 'another-machine', startedAt: null };
  await writeFile(join(folder, 'busy', '.laion-fetch.lock'), JSON.stringify(holder));
  const breakDates = "Date.prototype.toISOString=()=>{throw(new(TypeError)('broken'))}";
  const runs: readonly (readonly [code: number, args: readonly string[], broken?: string])[] = [
    [1, ['gone.txt', '-o', 'bug'], `--import=data:text/javascript,${breakDates}`],
    [2, ['index.parquet', '--outptu', 'out']],
    [2, ['raport', 'out']],
    [3, ['none.parquet', '-o', 'out']],
    [3, ['index.parquet', '-o', 'empty', '--where', 'similarity > 2']],
    [4, ['gone.txt', '-o', 'file/out']],
    [5, ['gone.txt', '-o', 'gone', '--fail-under', '0.5']],
    [6, ['gone.txt', '-o', 'dns', '--resolver', '127.0.0.1:9', '--timeout', '200ms', '--retries', '0']],
    [7, ['gone.txt', '-o', 'busy']],
  ];
  const shown: string[] = [];
  for (const [expected, args, broken] of runs) {
    // The last --resolver counts.
    const reach = args.includes('--resolver') ? { ...web, reach: ['--allow-private', '127.0.0.0/8'] } : web;
    const { code, end } = await show(reach, args, size, broken ? { env: { NODE_OPTIONS: broken } } : {});
    shown.push(`$ laion-fetch ${args.join(' ')}\n${end}exit code ${code}\n`);
    expect(code).toBe(expected);
  }
  await expect(shown.join('\n')).toMatchFileSnapshot(golden('errors', size));
});
