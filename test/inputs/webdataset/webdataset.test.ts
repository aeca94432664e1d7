import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IndexRow } from '../../../src/inputs/file/index-file.ts';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { useObjectServer } from '../../support/servers/object-server.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { openBytes, readRows, readValues } from '../files.ts';
import { headerOf, makeTar } from './make-tar.ts';

const JPEG = Buffer.from('an image');
const json = (url: string, more: object = {}) => JSON.stringify({ url, ...more }, null, 4);

/** Rows as objects, with the bytes of their images. */
async function rowsOf(tar: Uint8Array): Promise<Record<string, unknown>[]> {
  const notices: string[] = [];
  const index = await openBytes('a.tar', tar, { images: true, onNotice: (text) => notices.push(text) });
  const rows = await Promise.all(
    (await readRows(index)).map(async (row: IndexRow) => {
      if ('unreadable' in row) return { unreadable: row.unreadable };
      const { image } = row;
      const bytes = image && !image.isCut ? String(await image.read()) : (image?.isCut ?? null);
      const named = index.columns.flatMap(({ name }, at) =>
        row.values[at] === null ? [] : [[name, row.values[at]]],
      );
      return { ...Object.fromEntries(named), image: bytes };
    }),
  );
  return notices.length === 0
    ? rows
    : [...rows, { notices: notices.map((text) => text.replace(/'.*a\.tar'/, 'a.tar')) }];
}

test('the JSON of a sample has its columns; the text and the key fill in what it lacks', async () => {
  const tar = await makeTar([
    ['0.jpg', JPEG],
    ['0.json', json('https://a.test/0', { caption: 'of the JSON', score: 0.5 })],
    ['0.txt', 'of the text'],
    ['1.json', json('https://a.test/1', { score: 2 })],
    ['1.txt', 'of the text'],
    ['1.webp', 'a webp'],
    ['2.txt', 'without JSON'],
    ['2.PNG', 'a png'],
    ['3.cls', '7'],
  ]);
  expect(await rowsOf(tar)).toEqual([
    { url: 'https://a.test/0', caption: 'of the JSON', score: 0.5, key: '0', image: 'an image' },
    { url: 'https://a.test/1', caption: 'of the text', score: 2, key: '1', image: 'a webp' },
    { url: '2', caption: 'without JSON', key: '2', image: 'a png' },
    { url: '3', key: '3', image: null },
  ]);
});

test("columns that others name url and caption keep their names, and a JSON's key counts", async () => {
  const tar = await makeTar([
    ['0.json', JSON.stringify({ URL: 'https://a.test/0', TEXT: 'a', key: 'its own' })],
    ['0.txt', 'b'],
    ['1.txt', 'c'],
    ['2.json', '{}'],
    ['3.json', ' {} '],
  ]);
  expect(await rowsOf(tar)).toEqual([
    { URL: 'https://a.test/0', TEXT: 'a', key: 'its own', image: null },
    { URL: '1', TEXT: 'c', key: '1', image: null },
    { URL: '2', key: '2', image: null },
    { URL: '3', key: '3', image: null },
  ]);
});

test('a key that comes again, here or later, is another row', async () => {
  const tar = await makeTar([
    ['0.jpg', 'first'],
    ['0.jpg', 'second'],
    ['0.txt', 'of the second'],
    ['1.jpg', 'third'],
    ['0.jpg', 'fourth'],
  ]);
  expect(await rowsOf(tar)).toEqual([
    { url: '0', key: '0', image: 'first' },
    { url: '0', key: '0', caption: 'of the second', image: 'second' },
    { url: '1', key: '1', image: 'third' },
    { url: '0', key: '0', image: 'fourth' },
  ]);
});

test('tars of other programs: folders, long names, names without a sample', async () => {
  const folder = await useTempFolder();
  const long = 'x'.repeat(140);
  await mkdir(join(folder, `d/${long}`), { recursive: true });
  await writeFile(join(folder, `d/${long}/${long}.jpg`), 'deep');
  await writeFile(join(folder, 'd/__meta__.json'), '{}');
  await writeFile(join(folder, 'd/.hidden.jpg'), 'no');
  await writeFile(join(folder, 'd/a.seg.png'), 'no image of the sample');
  await writeFile(join(folder, 'd/a.jpg'), 'an image');
  for (const format of ['gnu', 'ustar', 'pax', 'v7']) {
    const names = ['d/__meta__.json', 'd/.hidden.jpg', 'd/a.seg.png', 'd/a.jpg'];
    const deep = format === 'gnu' || format === 'pax' ? [`./d/${long}`] : [];
    execFileSync('tar', ['--format', format, '-cf', 'a.tar', ...deep, ...names], { cwd: folder });
    const tar = execFileSync('cat', ['a.tar'], { cwd: folder });
    expect(await rowsOf(tar)).toEqual([
      ...(deep.length > 0 ? [{ url: `d/${long}/${long}`, key: `d/${long}/${long}`, image: 'deep' }] : []),
      { url: 'd/a', key: 'd/a', image: 'an image' },
      { notices: ["a.tar, 'd/__meta__.json': this is no member of a sample; it is left out"] },
    ]);
  }
});

test('damage is a row of its own, and what is behind it is read', async () => {
  const members = ['0', '1', '2'].flatMap((key) => [
    [`${key}.jpg`, `image ${key}`] as const,
    [`${key}.json`, json(`https://a.test/${key}`)] as const,
  ]);
  const tar = await makeTar(members);
  const row = (key: string) => ({ url: `https://a.test/${key}`, key, image: `image ${key}` });

  const damaged = Buffer.from(tar);
  const at = headerOf(tar, '1.jpg');
  damaged.fill(0x58, at, at + 512);
  const where = `byte ${at}: the header is damaged`;
  expect(await rowsOf(damaged)).toEqual([
    row('0'),
    { unreadable: where },
    { ...row('1'), image: null },
    row('2'),
  ]);

  const inImage = headerOf(tar, '2.jpg') + 515;
  expect(await rowsOf(tar.subarray(0, inImage))).toEqual([
    row('0'),
    row('1'),
    { url: '2', key: '2', image: true },
    { notices: ['a.tar, its end: there is no end mark; samples may be missing behind it'] },
  ]);
  const inJson = headerOf(tar, '2.json') + 520;
  expect(await rowsOf(tar.subarray(0, inJson))).toEqual([
    row('0'),
    row('1'),
    { unreadable: "'2.json': the tar ends within it" },
    { notices: ['a.tar, its end: there is no end mark; samples may be missing behind it'] },
  ]);
  expect((await rowsOf(Buffer.concat([tar, tar]))).length).toBe(6);
});

test('whatever is done to a tar, its reading ends, and untouched samples come', async () => {
  const tar = await makeTar(
    Array.from({ length: 20 }, (_, key) => [`${key}.jpg`, `image ${key} ${'x'.repeat(key * 40)}`] as const),
  );
  const change = fc.record({ at: fc.nat(tar.length - 1), to: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const damaged = Buffer.from(tar);
      for (const { at, to } of changes) damaged[at] = to;
      const rows = await rowsOf(damaged).catch(() => []);
      const touched = changes.length * 2;
      expect(rows.filter(({ image }) => typeof image === 'string').length).toBeGreaterThanOrEqual(
        20 - touched,
      );
    }),
    { numRuns: 50 },
  );
});

test('something else under this name is refused, and an image without a tar', async () => {
  await expect(openBytes('a.tar', 'x'.repeat(2000))).rejects.toThrow(
    /Cannot read '.*a\.tar' as webdataset: byte 0: the header is damaged/,
  );
  await expect(openBytes('a.csv', 'url\nhttps://a.test/', { images: true })).rejects.toThrow(
    'expected tars, found CSV; leave --from-tar out',
  );
  const stdin = Readable.from([await makeTar([['0.jpg', JPEG]])]);
  const [pipe] = await findSources(['-'], { inputFormat: 'webdataset', stdin });
  await expect(async () => pipe && openIndex(pipe, { images: true })).rejects.toThrow(
    'a pipe is read only once',
  );
});

test('tars are an index only if they are asked for, also those of a dataset', async () => {
  const folder = await useTempFolder();
  const tar = await makeTar([['0.jpg', JPEG]]);
  await mkdir(join(folder, '.laion-fetch'));
  for (const name of ['00000.tar', 'other.tar']) await writeFile(join(folder, name), tar);
  await writeFile(join(folder, 'urls.txt'), 'https://a.test/\n');
  const found = async (pattern: string, inputFormat?: string) =>
    (await findSources([join(folder, pattern)], { inputFormat })).map(({ name }) =>
      name.slice(folder.length + 1),
    );
  expect(await found('')).toEqual(['urls.txt']);
  expect(await found('*')).toEqual(['urls.txt']);
  expect(await found('*.tar')).toEqual(['00000.tar', 'other.tar']);
  expect(await found('', 'webdataset')).toEqual(['00000.tar', 'other.tar']);
  expect(await found('00000.tar')).toEqual(['00000.tar']);
});

test('a condition chooses among samples, which keep their images', async () => {
  const tar = await makeTar(
    Array.from({ length: 10 }, (_, key) => [
      [`${key}.jpg`, `image ${key}`] as const,
      [`${key}.json`, json('https://a.test/', { score: key })] as const,
    ]).flat(),
  );
  const index = await openBytes('a.tar', tar, { images: true, where: 'score > 7' });
  const rows = await readRows(index);
  const images = rows.map((row) => ('image' in row ? row.image?.read() : null));
  expect((await Promise.all(images)).map(String)).toEqual(['image 8', 'image 9']);
  expect((await readValues(index)).map(([, score]) => score)).toEqual([8n, 9n]);
});

test.each([true, false])('images of a remote tar are fetched once for all (ranges: %s)', async (ranges) => {
  const keys = Array.from({ length: 50 }, (_, key) => key);
  const tar = await makeTar(
    keys.flatMap((key) => [
      [`${key}.jpg`, Buffer.alloc(50_000, key)] as const,
      [`${key}.json`, json('https://a.test/')] as const,
    ]),
  );
  const server = await useObjectServer({ 'a.tar': tar, 'b.tar': tar });
  Object.assign(server.settings, { ranges });
  const sources = await findSources([`${server.web}/a.tar`, `${server.web}/b.tar`], { env: server.env });
  const images = [];
  for (const source of sources) {
    const index = await openIndex(source, { images: true });
    for (const row of await readRows(index)) if ('image' in row) images.push(row.image);
    await index.close();
  }
  for (const [at, image] of images.entries()) {
    expect((await image?.read())?.equals(Buffer.alloc(50_000, at % 50))).toBe(true);
  }
  expect(images).toHaveLength(100);
  // The first bytes tell its format; after that it is read once for its rows and once for its images.
  const fetched = server.asked.filter(({ range }) => range !== 'bytes=0-0' && range !== 'bytes=0-511');
  expect(fetched.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(4 * tar.length);
});
