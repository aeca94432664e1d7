import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMember, readMetadata } from '../../support/command/read-dataset.ts';
import { startToxicProxy } from './toxic-proxy.ts';
import type { Toxic } from './toxics.ts';

const IMAGES = ['landscape.jpg', 'portrait.jpg', 'gray.jpg', 'rgb.png'].map((name) => `images/${name}`);
const CONTENT = IMAGES.map((name) =>
  readFileSync(fileURLToPath(new URL(`../../../fixtures/${name}`, import.meta.url))),
);
const ROWS = 60;
const SEED = 20;

/** Connections of all kinds, one after another; `after` and `at` are within the first images. */
function hurt(connection: number, random: () => number): readonly Toxic[] {
  const place = Math.floor(random() * 20_000);
  const kinds: readonly (readonly Toxic[])[] = [
    [],
    [{ kind: 'latency', ms: 30 }],
    [{ kind: 'bandwidth', bytesPerSecond: 200_000 }],
    [{ kind: 'slicer', bytes: 500, everyMs: 2 }],
    [{ kind: 'timeout', after: place }],
    [{ kind: 'reset_peer', after: place }],
    [{ kind: 'limit_data', after: place }],
    [{ kind: 'half_close', after: place }],
  ];
  return kinds[connection % kinds.length] ?? [];
}

/** Connections that each flip one bit of their first answer. */
const corrupt = (_connection: number, random: () => number): readonly Toxic[] => [
  { kind: 'corrupt_byte', at: Math.floor(random() * 4000) },
];

/** A download through a proxy, with the outcome of each row: null for a failure, otherwise the bytes that were kept. */
async function throughProxy(toxics: typeof hurt, more: readonly string[] = []) {
  const web = await useWeb({
    hosts: {
      '*': { paths: { '*': ({ path }) => ({ body: { fixture: IMAGES[imageOf(path)] ?? '' } }) } },
    },
  });
  const proxy = await startToxicProxy({ target: web.box.ports.http, toxics, seed: SEED });
  onTestFinished(() => proxy.close());
  const url = (row: number) => `http://h${row % 12}.example:${proxy.port}/${row}`;
  const index = await web.writeIndex(
    Array.from(
      { length: ROWS },
      (_, row) => [url(row), sha256(CONTENT[row % CONTENT.length] ?? '')] as const,
    ),
  );
  const run = await runCli([
    ...[
      index,
      '--output',
      web.output,
      '--encode-format',
      'original',
      '--caption-col',
      'none',
      '--decoders',
      '1',
    ],
    ...['--timeout', '1500ms', '--retries', '4', ...web.reach, ...more],
  ]);
  expect(run).toMatchObject({ code: 0 });
  expect(await runCli(['verify', web.output, '--deep'])).toMatchObject({ code: 0 });
  checkIndependently(web.output, index);
  const rows = await readMetadata(web.output);
  expect(rows.map((row) => row['url'])).toEqual(Array.from({ length: ROWS }, (_, row) => url(row)));
  const members = new Map(
    execFileSync('tar', ['tf', join(web.output, '00000.tar')], { encoding: 'utf8' })
      .split('\n')
      .map((name) => [name.split('.')[0], name] as const)
      .filter(([, name]) => /\.(jpg|png)$/.test(name)),
  );
  const kept = rows.map(({ key }) => {
    const member = members.get(String(key));
    return member === undefined ? null : readMember(join(web.output, '00000.tar'), member);
  });
  return { rows, kept, connections: proxy.connections };
}

const imageOf = (path: string): number => Number(path.slice(1)) % IMAGES.length;
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const isExact = (content: Buffer | null, row: number): boolean =>
  content?.equals(CONTENT[row % CONTENT.length] ?? Buffer.of()) === true;

function checkIndependently(output: string, index: string): void {
  const { LAION_FETCH_PYTHON: python } = process.env;
  const checker = fileURLToPath(new URL('../../independent/check_dataset.py', import.meta.url));
  if (python !== undefined) execFileSync(python, [checker, output, index, 'url'], { stdio: 'pipe' });
}

test('a download through a broken network gives every row one outcome, and successes are byte-identical', async () => {
  const { rows, kept, connections } = await throughProxy(hurt);
  expect(connections).toBeGreaterThan(12);
  const outcomes = rows.map(({ status }, row) =>
    status === 'success' ? isExact(kept[row] ?? null, row) : kept[row] === null,
  );
  expect(outcomes.every(Boolean)).toBe(true);
  expect(rows.filter(({ status }) => status === 'success').length).toBeGreaterThan(ROWS * 0.8);
});

test('with --verify-hash, a flipped bit is never a success', async () => {
  const { rows, kept } = await throughProxy(corrupt, ['--verify-hash', 'caption:sha256']);
  const wrong = rows.filter(({ status }, row) => status === 'success' && !isExact(kept[row] ?? null, row));
  expect(wrong).toEqual([]);
  expect(rows.some(({ status }) => status !== 'success')).toBe(true);
});

test('without a digest in the index, a flipped bit passes only in an image that still decodes', async () => {
  const { rows, kept } = await throughProxy(corrupt);
  // `verify --deep` has shown that it decodes; the metadata has the digest of the received bytes.
  for (const [row, { status, sha256: digest }] of rows.entries()) {
    const content = kept[row] ?? null;
    if (status === 'success') expect(content && sha256(content)).toBe(digest);
  }
});
