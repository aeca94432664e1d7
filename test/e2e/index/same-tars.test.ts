import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { DownloadOptions } from '../../../src/index.ts';
import { runSql } from '../../inputs/files.ts';
import { useWeb, type Web } from '../../support/box/use-web.ts';
import { zstdRun } from '../../support/bytes/bombs.ts';
import { inBash } from '../../support/command/bash.ts';

// Decoders and threads run what was built.
const BUILT = new URL('../../../dist/index.js', import.meta.url).href;
const { download } = (await import(BUILT)) as typeof import('../../../src/index.ts');

const PACKERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  '': (bytes) => bytes,
  '.gz': (bytes) => gzipSync(bytes),
  '.zst': (bytes) => zstdRun(bytes, 0, 0),
};
const BINARIES = ['parquet', 'arrow'];
const TEXTS = ['csv', 'tsv', 'jsonl', 'rows.json', 'columns.json'];
const ALL = [...BINARIES, ...TEXTS.flatMap((text) => Object.keys(PACKERS).map((ending) => text + ending))];

let web: Web;
let records: readonly { readonly url: string; readonly caption: string }[];
/** The bytes of the rows in each format. */
const bytesOf = new Map<string, Buffer>();
/** The tar of these rows. */
let expected: string;
let runs = 0;

/** The rows between such marks; the fields are quoted. */
function table(mark: string, header = true): string {
  const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
  const rows = records.map(({ url, caption }) => [quoted(url), quoted(caption)]);
  return [...(header ? [['url', 'caption']] : []), ...rows].map((row) => `${row.join(mark)}\n`).join('');
}

async function tarOf(index: string, more: Partial<DownloadOptions> = {}): Promise<string> {
  runs += 1;
  const output = join(web.folder, `out-${runs}`);
  const result = await download({
    ...{ index, output, ...more },
    ...{ resolver: [web.box.dns], allowPrivate: ['127.0.0.0/8'], insecureTls: true, decoders: 1 },
    rightsFiles: [],
  });
  expect(result).toMatchObject({ ok: true, successes: records.length });
  return (await readFile(join(output, '00000.tar'))).toString('base64');
}

beforeAll(async () => {
  const images = { hosts: { '*': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } } } } } };
  web = await useWeb(images, afterAll);
  records = Array.from({ length: 4 }, (_, row) => ({
    url: web.box.url('a.example', `/${row}?a=b`),
    caption: `„Über" ${row}, 日本; x|y`,
  }));
  const [urls, captions] = [records.map(({ url }) => url), records.map(({ caption }) => caption)];
  const parquet = join(web.folder, 'rows.parquet');
  const values = records.map(({ url, caption }) => `('${url}', '${caption}')`).join(', ');
  await runSql(`COPY (SELECT * FROM (VALUES ${values}) t(url, caption)) TO '${parquet}' (FORMAT parquet)`);
  bytesOf.set('parquet', await readFile(parquet));
  bytesOf.set('arrow', Buffer.from(tableToIPC(tableFromArrays({ url: urls, caption: captions }), 'file')));
  const texts = [
    ...[table(','), table('\t'), records.map((record) => `${JSON.stringify(record)}\n`).join('')],
    ...[JSON.stringify(records), JSON.stringify({ url: urls, caption: captions })],
  ];
  for (const [at, name] of TEXTS.entries()) {
    for (const [ending, pack] of Object.entries(PACKERS)) {
      bytesOf.set(name + ending, pack(Buffer.from(texts[at] ?? '')));
    }
  }
  await mkdir(join(web.folder, 'in'));
  expected = await tarOf(parquet);
});

/** Makes these bytes the standard input of this process until the test ends. */
function setStdin(bytes: Buffer): void {
  const own = Object.getOwnPropertyDescriptor(process, 'stdin');
  Object.defineProperty(process, 'stdin', { value: Readable.from([bytes]), configurable: true });
  onTestFinished(() => {
    if (own !== undefined) Object.defineProperty(process, 'stdin', own);
  });
}

test.each(ALL)(
  'the same rows as %s make the same tar, as a file, a pipe and standard input',
  async (name) => {
    const bytes = bytesOf.get(name) ?? Buffer.alloc(0);
    const [file, pipe] = [
      join(web.folder, 'in', `a.${name}`),
      join(web.folder, 'in', `pipe ${ALL.indexOf(name)}`),
    ];
    await writeFile(file, bytes);
    execFileSync('mkfifo', [pipe]);
    setStdin(bytes);
    const [fromFile, fromPipe, fromStdin] = await Promise.all([
      tarOf(file),
      tarOf(pipe),
      tarOf('-'),
      writeFile(pipe, bytes),
    ]);
    expect({
      file: fromFile === expected,
      pipe: fromPipe === expected,
      stdin: fromStdin === expected,
    }).toEqual({ file: true, pipe: true, stdin: true });
  },
);

test('so do tables with other marks, in another encoding or without a header, and rows inside an object', async () => {
  const headerless = { header: ['url', 'caption'] };
  const variants: readonly (readonly [string, string | Buffer, Partial<DownloadOptions>?])[] = [
    ['b.csv', table(';')],
    ['c.csv', Buffer.from(`\uFEFF${table('|')}`, 'utf16le')],
    ['e.csv', table(',', false), headerless],
    ['f.txt', table('\t', false), headerless],
    ['k.json', JSON.stringify({ annotations: records })],
  ];
  for (const [name, bytes, options] of variants) {
    const path = join(web.folder, 'in', name);
    await writeFile(path, bytes);
    expect({ name, isSame: (await tarOf(path, options)) === expected }).toEqual({ name, isSame: true });
  }
});

test('so does the command in bash, and it leaves no temporary file', async () => {
  await writeFile(join(web.folder, 'rows.csv.zst'), bytesOf.get('csv.zst') ?? '');
  const results = await Promise.all([
    inBash(web, 'cat rows.parquet | $LF - -o piped -q $REACH && base64 -w0 piped/00000.tar'),
    inBash(web, '$LF <(cat rows.csv.zst) -o substituted -q $REACH && base64 -w0 substituted/00000.tar'),
  ]);
  for (const { code, stdout } of results) {
    expect(code).toBe(0);
    expect(stdout === expected).toBe(true);
  }
  expect(await readdir(join(web.folder, 'tmp'))).toEqual([]);
});
