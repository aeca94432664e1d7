import { describe, expect, test } from 'vitest';
import type { OpenOptions } from '../../src/inputs/file/index-file.ts';
import { makeParquet, openBytes, openPath, readRows, readValues } from './files.ts';

const url = (name: string) => `https://a.test/${name}.jpg`;
const lines = (...rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

const names = (file: Awaited<ReturnType<typeof openBytes>>) => file.columns.map(({ name }) => name);

describe('a list of URLs in a row', () => {
  test('makes a row for each, with the columns of the document and the place of the URL (OBELICS)', async () => {
    const text = lines(
      { images: [url('a'), null, url('b')], texts: [null, 'between', null], general: { page: 'p' } },
      { images: [null, url('c')], texts: ['first', null], general: { page: 'q' } },
    );
    const index = await openBytes('a.jsonl', text);
    expect(names(index)).toEqual(['images', 'texts', 'general', 'index_row', 'index_position']);
    expect(index.roles).toMatchObject({ url: 'images', caption: null });
    expect(await readValues(index)).toEqual([
      [url('a'), [null, 'between', null], { page: 'p' }, 0n, 0],
      [url('b'), [null, 'between', null], { page: 'p' }, 0n, 2],
      [url('c'), ['first', null], { page: 'q' }, 1n, 1],
    ]);
  });

  test('of structs has their fields as columns (MMC4); of several URLs the message names them', async () => {
    const text = lines({
      url: 'https://page.test/',
      text_list: ['one'],
      image_info: [{ image_name: '1.jpg', raw_url: url('a'), matched_sim: 0.5 }],
    });
    const index = await openBytes('a.jsonl', text, { urlCol: 'image_info' });
    expect(index.roles).toMatchObject({ url: 'image_info.raw_url', caption: null });
    expect(names(index)).toEqual([
      ...['url', 'text_list', 'image_info.image_name', 'image_info.raw_url', 'image_info.matched_sim'],
      ...['index_row', 'index_position'],
    ]);
    expect(await readValues(index)).toEqual([['https://page.test/', ['one'], '1.jpg', url('a'), 0.5, 0n, 0]]);
    const two = lines({ images: [{ full_url: url('a'), small_url: url('b') }] });
    const message =
      /Cannot tell which part of 'images' in '.*' holds the URLs; name it with --url-col, one of images\.full_url, images\.small_url$/;
    await expect(openBytes('a.jsonl', two, { urlCol: 'images' })).rejects.toThrow(message);
    const named = await openBytes('a.jsonl', two, { urlCol: 'images.full_url' });
    expect(named.roles?.url).toBe('images.full_url');
  });

  test('a caption in the struct, or in a list of as many captions, belongs to its URL', async () => {
    const inside = lines({
      title: 'page',
      images: [
        { src: url('a'), alt: 'dog' },
        { src: url('b'), alt: null },
      ],
    });
    expect((await openBytes('a.jsonl', inside)).roles).toMatchObject({
      url: 'images.src',
      caption: 'images.alt',
    });
    const beside = lines(
      { image_urls: [url('a'), url('b')], captions: ['dog', 'cat'] },
      { image_urls: [url('c'), url('d')], captions: ['only one'] },
    );
    for (const options of [{}, { captionCol: 'captions' }] satisfies OpenOptions[]) {
      const rows = await readValues(await openBytes('a.jsonl', beside, options));
      expect(rows.map(([, caption]) => caption)).toEqual(['dog', 'cat', null, null]);
    }
    const none = await readValues(await openBytes('a.jsonl', beside, { captionCol: false }));
    expect(none[0]?.[1]).toEqual(['dog', 'cat']);
  });

  test('a row without a URL stays one row, and one that cannot be read as well', async () => {
    const text = `${lines({ images: [url('a'), url('b')] }, { images: [] }, { images: null }, { images: [null] })}\n{"images": broken\n`;
    const index = await openBytes('a.jsonl', text);
    expect(await readRows(index)).toEqual([
      { values: [url('a'), 0n, 0] },
      { values: [url('b'), 0n, 1] },
      { values: [null, 1n, null] },
      { values: [null, 2n, null] },
      { values: [null, 3n, 0] },
      { unreadable: 'line 5: not valid JSON' },
    ]);
  });

  test('Parquet: lists, lists of lists, lists of structs, from any row on, in bounded batches', async () => {
    const make = (list: string) =>
      makeParquet(`SELECT i AS id, ${list} AS images FROM range(3000) t(i)`, ', ROW_GROUP_SIZE 2048');
    const at = (i: string) => `'https://a.test/' || i || '/' || ${i}`;
    for (const list of [
      `[${at('1')}, ${at('2')}]`,
      `[[${at('1')}], [${at('2')}]]`,
      `[{'n': 1, 'url': ${at('1')}}, {'n': 2, 'url': ${at('2')}}]`,
    ]) {
      const index = await openPath(await make(list));
      const column = index.columns.findIndex(({ name }) => name === index.roles?.url);
      const found = (await readRows(index, 0, [0, column])).map((row) =>
        'values' in row ? row.values[column] : null,
      );
      expect(found.slice(0, 3)).toEqual(['https://a.test/0/1', 'https://a.test/0/2', 'https://a.test/1/1']);
      expect(found).toHaveLength(6000);
      const rest = (await readRows(index, 4001, [column])).map((row) =>
        'values' in row ? row.values[column] : null,
      );
      expect(rest).toEqual(found.slice(4001));
      for await (const batch of index.rows({ from: 0, columns: [column] }))
        expect(batch.length).toBeLessThanOrEqual(1000);
    }
  });

  test('a column of single URLs beside lists is left as it is', async () => {
    const index = await openBytes('a.jsonl', lines({ url: url('a'), tags: ['x', 'y'] }));
    expect(names(index)).toEqual(['url', 'tags']);
    const named = await openBytes('a.jsonl', lines({ url: url('p'), images: [url('a')] }), { urlCol: 'url' });
    expect(named.roles).toBeUndefined();
  });

  test("an index's own columns keep their names", async () => {
    const index = await openBytes('a.jsonl', lines({ images: [url('a')], index_row: 7 }));
    expect(names(index)).toEqual(['images', 'index_row', 'index_index_row', 'index_position']);
  });
});
