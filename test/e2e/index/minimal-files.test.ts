import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetReadObjects } from 'hyparquet';
import { expect, onTestFinished, test } from 'vitest';
import type { DownloadOptions } from '../../../src/index.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

// Decoders and threads run what was built.
const BUILT = new URL('../../../dist/index.js', import.meta.url).href;
const { download, plan } = (await import(BUILT)) as typeof import('../../../src/index.ts');

const FILES = fileURLToPath(new URL('../../../fixtures/index-files/', import.meta.url));

type Options = Omit<DownloadOptions, 'index' | 'output'>;

/** A proxy that answers 404 to everything, and the paths that it was asked for. */
async function useEmptyWeb() {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(new URL(url).pathname);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { asked, proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Downloads an index of which no image is there: what is asked for, and the rows of the dataset in order. */
async function run(file: string, options: Options = {}) {
  const { asked, proxy } = await useEmptyWeb();
  const output = join(await useTempFolder(), 'dataset');
  const notices: string[] = [];
  const result = await download(
    {
      ...{ index: join(FILES, file), output, ...options },
      ...{ proxy, retries: 0, decoders: 1, perHost: 100, concurrency: 100, rightsFiles: [] },
    },
    { onEvent: (event) => (event.type === 'notice' ? notices.push(event.message) : null) },
  );
  const rows = result.ok ? await readMetadata(output) : [];
  return { result, output, asked: asked.sort(), rows, notices };
}

const jpgs = (count: number, name = (row: number) => `${row}`): string[] =>
  Array.from({ length: count }, (_, row) => `/${name(row)}.jpg`);
const captions = (count: number): string[] => Array.from({ length: count }, (_, row) => `caption ${row}`);

interface Right {
  readonly options?: Options;
  /** The paths that are asked for, in any order. */
  readonly asked: readonly string[];
  /** Some columns of the dataset, in the order of the index. */
  readonly columns?: Readonly<Record<string, readonly unknown[]>>;
}

test.each<[file: string, Right]>([
  [
    'bad-utf8-caption.parquet',
    { asked: jpgs(6), columns: { caption: captions(6).with(3, 'bad \uFFFD\uFFFD\uFFFD\uFFFD byte') } },
  ],
  ['nan.jsonl', { asked: ['/1.jpg', '/2.jpg'], columns: { similarity: [null, 0.3] } }],
  [
    'url-and-URL.parquet',
    {
      options: { urlCol: 'URL', where: "URL LIKE '%UPPER%'" },
      asked: jpgs(3, (row) => `UPPER${row}`),
      columns: {
        caption: captions(3),
        index_url: jpgs(3, (row) => `lower${row}`).map((path, row) => `http://h${row}.example${path}`),
      },
    },
  ],
  [
    'decimal-40-digits.parquet',
    { asked: jpgs(2), columns: { id: ['1234567890123456789012345678901234567890', '1'] } },
  ],
  [
    'string-by-logical-type.parquet',
    { asked: jpgs(4), columns: { note: captions(4).map((_, row) => `note ü ${row}`), caption: captions(4) } },
  ],
  ['footer-says-0-rows.parquet', { asked: jpgs(5), columns: { caption: captions(5) } }],
  ['int-byte-stream-split.parquet', { options: { columns: [] }, asked: jpgs(5) }],
  ['encrypted-caption.parquet', { options: { captionCol: false, columns: [] }, asked: jpgs(5) }],
  [
    'hive',
    {
      asked: [...jpgs(3, (row) => `f0-${row}`), ...jpgs(3, (row) => `f1-${row}`)],
      columns: { lang: ['de', 'de', 'de', 'en', 'en', 'en'] },
    },
  ],
  ['mac-line-ends.csv', { asked: jpgs(5) }],
  [
    'quoted-newline.tsv',
    {
      asked: ['/1.jpg', '/2.jpg', '/3.jpg'],
      columns: { html: ['two\nlines', 'say "hi"', 'x'], caption: ['a', 'b', '6" nail'] },
    },
  ],
  [
    'no-header.tsv',
    { options: { header: ['url', 'caption'] }, asked: jpgs(5), columns: { caption: captions(5) } },
  ],
  ['image_url.parquet', { asked: jpgs(3), columns: { caption: captions(3) } }],
  [
    'by-columns.json',
    {
      options: { inputFormat: 'json', urlCol: 'image_urls', captionCol: 'captions' },
      asked: jpgs(5),
      columns: { caption: captions(5), user_ids: ['u', 'u', 'u', 'u', 'u'] },
    },
  ],
  ['lines-named.json', { asked: jpgs(3) }],
  ['parquet-named.jsonl', { asked: jpgs(3) }],
])('%s: every row is asked for', async (file, { options, asked, columns = {} }) => {
  const { result, asked: found, rows } = await run(file, options);
  expect(result).toMatchObject({ ok: true, exitCode: 0, rows: asked.length });
  expect(found).toEqual([...asked].sort());
  expect(rows.map((row) => row['failure_code'])).toEqual(asked.map(() => 'http_404'));
  for (const [name, values] of Object.entries(columns)) expect(rows.map((row) => row[name])).toEqual(values);
});

test('empty-name.parquet: the third column is carried under its own name, which is empty', async () => {
  const { asked, output } = await run('empty-name.parquet');
  expect(asked).toEqual(jpgs(2));
  const file = await readFile(join(output, '00000.parquet'));
  const rows = await parquetReadObjects({ file: new Uint8Array(file).buffer, columns: ['', 'caption'] });
  expect(rows).toEqual([
    { '': 'x', caption: 'caption 0' },
    { '': 'y', caption: 'caption 1' },
  ]);
});

test('late-float.jsonl: no row is lost, and only the values that differ are null', async () => {
  const planned = await plan({ index: join(FILES, 'late-float.jsonl') });
  expect(planned).toMatchObject({ rows: 1010, usableRows: 1010 });
  const { asked, rows, notices } = await run('late-float.jsonl', {
    where: "regexp_matches(url, '/(99.|100.)[.]jpg$')",
  });
  expect(asked).toHaveLength(20);
  expect(rows.map(({ score }) => score)).toEqual([...Array(10).fill('1'), ...Array(10).fill(null)]);
  expect(notices).toContainEqual(expect.stringContaining("line 1001: expected int64 in the column 'score'"));
});

test('embedded-pictures.parquet: every row is asked for; the start and a plan name the column', async () => {
  const says = /have large ones: 'image'; leave them out/;
  const { asked, notices } = await run('embedded-pictures.parquet');
  expect(asked).toHaveLength(4);
  expect(notices.some((notice) => says.test(notice))).toBe(true);
  const planned: string[] = [];
  const onNotice = (notice: string) => planned.push(notice);
  await plan({ index: join(FILES, 'embedded-pictures.parquet') }, { onNotice });
  expect(planned.some((notice) => says.test(notice))).toBe(true);
});

test.each<[file: string, says: RegExp, options?: Options]>([
  ['url-and-URL.parquet', /Cannot tell which column .* holds the URLs: url, URL all might/],
  ['big-endian.arrow', /its numbers are big-endian/, { inputFormat: 'arrow' }],
  ['bit-flipped.csv.zst', /the zstd data is damaged or cut short: the checksum of a frame is wrong/],
  [
    'int-byte-stream-split.parquet',
    /BYTE_STREAM_SPLIT.*the column 'n' cannot be read: leave it out with columns/,
  ],
  ['encrypted-caption.parquet', /the column 'text' is encrypted; leave it out/],
  ['feather-v1.feather', /it is Feather of version 1, which is not read; write it as version 2/],
  ['empty.arrow', /the file is empty/],
  ['no-header.tsv', /its first line holds a URL, .* name the columns with header url,caption/],
  ['lfs-pointer.parquet', /it is a Git LFS pointer, .* git lfs pull/],
  ['login-page.parquet', /it is an HTML page, .* saved in place of the file/],
])(
  '%s: a download and a plan are refused alike, and nothing is asked for',
  async (file, says, options = {}) => {
    const { result, asked } = await run(file, options);
    expect(result).toMatchObject({ ok: false, message: expect.stringMatching(says) });
    expect(asked).toEqual([]);
    const planned = await plan({ index: join(FILES, file), ...options });
    expect(planned).toMatchObject({ ok: false, message: expect.stringMatching(says) });
  },
);
