import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openIndex } from '../../src/inputs/open.ts';
import { findSources } from '../../src/inputs/sources.ts';
import { zstdRun } from '../support/bytes/bombs.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { makeParquet, readRows, readValues } from './files.ts';

async function makeFiles(...names: readonly string[]): Promise<string> {
  const folder = await useTempFolder();
  for (const name of names) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), 'url\n');
  }
  return folder;
}

/** A folder for temporary files, for this test alone. */
async function useScratchFolder(): Promise<string> {
  const folder = await useTempFolder();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}

async function namesFound(
  folder: string,
  patterns: readonly string[],
  inputFormat?: string,
): Promise<string[]> {
  const sources = await findSources(
    patterns.map((pattern) => join(folder, pattern)),
    { inputFormat },
  );
  return sources.map(({ name }) => name.slice(folder.length + 1));
}

describe('findSources', () => {
  test.each([
    ['a.parquet', 'parquet', 'none'],
    ['a.CSV', 'csv', 'none'],
    ['a.tsv.gz', 'tsv', 'gzip'],
    ['a.json', 'json', 'none'],
    ['a.jsonl.zst', 'jsonl', 'zstd'],
    ['a.ndjson', 'jsonl', 'none'],
    ['a.txt', 'txt', 'none'],
    ['a.arrow', 'arrow', 'none'],
    ['a.feather', 'arrow', 'none'],
  ])('tells the format of %s', async (name, format, compression) => {
    const path = join(await makeFiles(name), name);
    expect(await findSources([path])).toEqual([{ name: path, path, format, compression, bytes: 4 }]);
  });

  test('finds the files of known formats in a folder, sorted, with subfolders, without hidden files', async () => {
    const folder = await makeFiles(
      'i/b.csv',
      'i/a.parquet',
      'i/B.csv.gz',
      'i/.c.csv',
      'i/README.md',
      'i/sub/d.csv',
      'i/_d.csv',
      'i/_temporary/e.csv',
      'z.csv',
    );
    expect(await namesFound(folder, ['z.csv', 'i'])).toEqual([
      'z.csv',
      'i/B.csv.gz',
      'i/a.parquet',
      'i/b.csv',
      'i/sub/d.csv',
    ]);
    expect(await namesFound(folder, ['i'], 'csv')).toEqual(['i/B.csv.gz', 'i/b.csv', 'i/sub/d.csv']);
    expect(await namesFound(folder, ['i'], 'csv.gz')).toEqual(['i/B.csv.gz']);
  });

  test('passes over the files of a dataset beside the index', async () => {
    const folder = await makeFiles(
      ...['part-0.parquet', '1.parquet', '00000_stats.json', '00001/000010000.json', 'out/00000.parquet'],
      ...['out/.laion-fetch/manifest.json', 'raw/00000.parquet'],
    );
    const all = ['1.parquet', 'part-0.parquet', 'raw/00000.parquet'];
    expect(await namesFound(folder, [''], 'parquet')).toEqual(all);
    expect(await namesFound(folder, ['**/*.parquet'])).toEqual(all);
    await mkdir(join(folder, '.laion-fetch'));
    const own = ['part-0.parquet', 'raw/00000.parquet'];
    expect(await namesFound(folder, [''])).toEqual(own);
    expect(await namesFound(folder, ['**/*.{parquet,json}'])).toEqual(own);
  });

  test('finds the matches of a glob, sorted', async () => {
    const folder = await makeFiles('part-2.csv', 'part-1.csv', 'part-1.md', 'deep/er/x.csv', 'y.tsv');
    expect(await namesFound(folder, ['part-*'])).toEqual(['part-1.csv', 'part-2.csv']);
    expect(await namesFound(folder, ['part-[1].csv', 'part-?.csv'])).toEqual([
      'part-1.csv',
      'part-1.csv',
      'part-2.csv',
    ]);
    expect(await namesFound(folder, ['**/*.csv'])).toEqual(['deep/er/x.csv', 'part-1.csv', 'part-2.csv']);
    expect(await namesFound(folder, ['{y,part-2}.{csv,tsv}'])).toEqual(['part-2.csv', 'y.tsv']);
    expect(await namesFound(folder, ['part-1*'], 'csv')).toEqual(['part-1.csv', 'part-1.md']);
  });

  test('finds a file whose name looks like a glob', async () => {
    const folder = await makeFiles('a[1].csv', 'a1.csv');
    expect(await namesFound(folder, ['a[1].csv'])).toEqual(['a[1].csv']);
  });

  test('inputFormat overrides the file name, and the bytes determine the compression', async () => {
    const folder = await useTempFolder();
    await writeFile(join(folder, 'list'), gzipSync('https://a.test/'));
    const [source] = await findSources([join(folder, 'list')], { inputFormat: 'txt' });
    expect(source).toMatchObject({ format: 'txt', compression: 'gzip' });
  });

  test.each([
    ['list.jsonl', 'PAR1....', 'parquet', 'none'],
    ['list', 'ARROW1\0\0', 'arrow', 'none'],
    ['list.csv', gzipSync('url\na\n'), 'csv', 'gzip'],
    ['list.tsv.gz', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'tsv', 'zstd'],
  ])('reads %s by its first bytes', async (name, bytes, format, compression) => {
    const path = join(await useTempFolder(), name);
    await writeFile(path, bytes);
    expect(await findSources([path])).toEqual([expect.objectContaining({ format, compression })]);
  });

  test.each([
    ['a.parquet', 'version https://git-lfs.github.com/spec/v1\n', 'it is a Git LFS pointer'],
    ['a.csv', '\uFEFF\n<!doctype HTML><title>', 'it is an HTML page'],
    ['a.json', '<?xml version="1.0"?><Error>', 'it is XML'],
    ['a.parquet', gzipSync('PAR1'), 'it is compressed with gzip; decompress it first'],
  ])('says what is wrong with %s: %j', async (name, bytes, says) => {
    const path = join(await useTempFolder(), name);
    await writeFile(path, bytes);
    await expect(findSources([path])).rejects.toThrow(says);
  });

  test.skipIf(process.platform === 'win32')('reads a fifo forward, as standard input', async () => {
    const path = join(await useTempFolder(), 'list.csv');
    execFileSync('mkfifo', [path]);
    const written = writeFile(path, 'url\na\nb\n');
    const [source] = await findSources([path]);
    if (source === undefined) throw new Error('there is no source');
    expect(source).toMatchObject({ name: path, path: null, format: 'csv' });
    expect(await readValues(await openIndex(source))).toEqual([['a'], ['b']]);
    await written;
  });

  test('names the pattern that matches nothing and the file of unknown format', async () => {
    const folder = await makeFiles('a.xls', 'empty/x.md', 'z.parquet.gz');
    const found = (pattern: string, inputFormat?: string) => namesFound(folder, [pattern], inputFormat);
    await expect(found('none.csv')).rejects.toThrow(
      /^Cannot find the index '.*none\.csv': there is no such file/,
    );
    await expect(found('*.csv')).rejects.toThrow(/^Cannot find the index '.*\*\.csv': it matches no file$/);
    await expect(found('*.xls')).rejects.toThrow(
      /it matches no file with a name ending in \.parquet, \.arrow/,
    );
    await expect(found('a.xls')).rejects.toThrow(
      /^Cannot tell the format of '.*a\.xls': expected a name .*--input-format$/,
    );
    await expect(found('z.parquet.gz')).rejects.toThrow(/^Cannot tell the format/);
    await expect(found('empty')).rejects.toThrow(
      /^Cannot find an index in the folder '.*empty': no file has a name ending/,
    );
    await expect(found('empty', 'csv')).rejects.toThrow(/no file has a name ending in \.csv$/);
    await expect(found('a.xls', 'xls')).rejects.toThrow(
      "Cannot use 'xls' as --input-format: expected parquet, arrow, webdataset, csv,",
    );
    await expect(found('a.xls', 'parquet.gz')).rejects.toThrow("Cannot use 'parquet.gz' as --input-format");
  });
});

describe('standard input', () => {
  const fromStdin = async (text: string | Buffer, inputFormat?: string) => {
    const [source] = await findSources(['-'], { inputFormat, stdin: Readable.from([Buffer.from(text)]) });
    if (source === undefined) throw new Error('there is no source');
    return source;
  };

  test.each([
    ['{"url": "a"}\n', 'jsonl'],
    [' \n[{"url": "a"}]', 'json'],
    ['{"url": ["a"], "text": ["b"]}\n', 'json'],
    ['{\n  "url": [', 'json'],
    ['{"url": \n', 'json'],
    ['https://a.test/a,b.jpg\n', 'txt'],
    ['url,text\n', 'csv'],
    ['url\ttext, more\n', 'tsv'],
    ['', 'txt'],
  ])('of %j is %s', async (text, format) => {
    expect(await fromStdin(text)).toMatchObject({
      name: '-',
      path: null,
      format,
      compression: 'none',
      bytes: null,
    });
  });

  test('is read once, including its first line, starting at any row', async () => {
    const index = await openIndex(await fromStdin('url,text\na,b\nc,d\ne,f\n'));
    expect(await readValues(index, 1)).toEqual([
      ['c', 'd'],
      ['e', 'f'],
    ]);
    await expect(readRows(index)).rejects.toThrow(
      'Cannot read standard input again: save it to a file first',
    );
  });

  test('arrives in chunks of any size', async () => {
    const stdin = Readable.from([...'{"url": "a"}\n{"url": "b"}'].map((letter) => Buffer.from(letter)));
    const [source] = await findSources(['-'], { stdin });
    if (source === undefined) throw new Error('there is no source');
    expect(source.format).toBe('jsonl');
    expect(await readValues(await openIndex(source))).toEqual([['a'], ['b']]);
  });

  test.each<[string | Buffer, string, string | undefined, string]>([
    ['a\nb\n', 'txt', 'txt', 'gzip'],
    ['https://a.test/a\n', 'txt', undefined, 'gzip'],
    ['{"url": "a"}\n', 'jsonl', undefined, 'gzip'],
    ['url\ttext\nx\ty\n', 'tsv', undefined, 'zstd'],
    [`{"url": ["${'a'.repeat(200_000)}"]}`, 'json', undefined, 'gzip'],
  ])('may be compressed: %j', async (text, format, inputFormat, compression) => {
    const bytes = compression === 'gzip' ? gzipSync(text) : zstdRun(Buffer.from(text), 0, 0);
    const source = await fromStdin(bytes, inputFormat);
    expect(source).toMatchObject({ format, compression });
    expect((await readValues(await openIndex(source))).length).toBeGreaterThan(0);
  });

  test('an abort ends a read that waits for more data', async () => {
    const stdin = new Readable({ read() {} });
    stdin.push('a\nb\n');
    const [source] = await findSources(['-'], { stdin, inputFormat: 'txt' });
    if (source === undefined) throw new Error('there is no source');
    const index = await openIndex(source);
    const abort = new AbortController();
    const reason = new Error('enough');
    const rows = index.rows({ from: 0, columns: [0], signal: abort.signal })[Symbol.asyncIterator]();
    expect((await rows.next()).value).toHaveLength(2);
    const waiting = rows.next();
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(stdin.destroyed).toBe(true);
  });

  test.each(['parquet', 'csv', undefined])('is Parquet by its first bytes, named as %s', async (named) => {
    const path = await makeParquet("SELECT 'https://a.test/' || i AS url FROM range(3) t(i)");
    const scratch = await useScratchFolder();
    const source = await fromStdin(await readFile(path), named);
    expect(source).toMatchObject({ name: '-', path: null, format: 'parquet', compression: 'none' });
    const index = await openIndex(source);
    expect(index).toMatchObject({ source: { name: '-', path: null }, rowCount: 3 });
    // On Linux it has no name.
    expect(await readdir(scratch)).toHaveLength(process.platform === 'linux' ? 0 : 1);
    for (const from of [0, 1]) expect(await readValues(index, from)).toHaveLength(3 - from);
    await index.close();
    expect(await readdir(scratch)).toEqual([]);
  });

  test.each(['file', 'stream'] as const)('is Arrow as a %s', async (kind) => {
    const bytes = tableToIPC(tableFromArrays({ url: ['a', 'b'] }), kind);
    const source = await fromStdin(Buffer.from(bytes));
    expect(source.format).toBe('arrow');
    expect(await readValues(await openIndex(source))).toEqual([['a'], ['b']]);
  });

  test.each<[Buffer | string, string | undefined, RegExp]>([
    ['', 'parquet', /^Cannot read '-' as Parquet: the file is empty$/],
    ['PAR1\n', undefined, /^Cannot read '-' as Parquet: /],
    ['url\na\n', 'arrow', /^Cannot read '-' as Arrow: /],
    [gzipSync('PAR1\n'), undefined, /^Cannot read '-' as Parquet: it is compressed with gzip; decompress it/],
    [gzipSync('PAR1\n'), 'parquet', /^Cannot read '-' as Parquet: it is compressed with gzip; decompress it/],
    ['<!DOCTYPE html>\n', undefined, /^Cannot read '-': it is an HTML page/],
  ])('%j as %s is refused and leaves no temporary file', async (bytes, named, says) => {
    const scratch = await useScratchFolder();
    const opened = fromStdin(Buffer.from(bytes), named).then((source) => openIndex(source));
    await expect(opened).rejects.toThrow(says);
    expect(await readdir(scratch)).toEqual([]);
  });

  test('cannot be named twice', async () => {
    const stdin = Readable.from([Buffer.from('a\n')]);
    await expect(findSources(['-', '-'], { stdin })).rejects.toThrow('Cannot read standard input twice');
  });
});
