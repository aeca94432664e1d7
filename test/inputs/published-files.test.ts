import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { answer, type Question } from './questions.ts';

const image = (row: number): string => `https://img.example/${row}.jpg`;
const RIGHT = [0, 1].map((row) => ({ url: image(row), caption: `caption ${row}` }));

/** A row of YFCC100M: 23 fields, among them a page, the image and a licence. */
const yfcc = (row: number): string =>
  [
    ...[
      row,
      `4${row}@N00`,
      'someone',
      '2010-01-01 10:00:00.0',
      '1262340000',
      'Canon',
      `caption ${row}`,
      'about',
    ],
    ...['a,b', '', '10.5', '50.1', '16', `http://page.example/photos/${row}/`, image(row)],
    ...[
      'Attribution License',
      'http://creativecommons.org/licenses/by/2.0/',
      '3',
      '4',
      'abc',
      'def',
      'jpg',
      '0',
    ],
  ].join('\t');

const YFCC_HEADER = Array.from({ length: 23 }, (_, at) => `column_${at + 1}`)
  .with(6, 'title')
  .with(13, 'page_url')
  .with(14, 'url')
  .with(16, 'license_url');

test.each<[dataset: string, file: string, text: string, asks: readonly Question[]]>([
  [
    'CC3M',
    'Train_GCC-training.tsv',
    [0, 1].map((row) => `caption ${row}\t${image(row)}\n`).join(''),
    [['--header caption,url', { header: ['caption', 'url'] }]],
  ],
  [
    'CC12M',
    'cc12m.tsv',
    [0, 1].map((row) => `${image(row)}\tcaption ${row}\n`).join(''),
    [['--header url,caption', { header: ['url', 'caption'] }]],
  ],
  ['YFCC100M', 'yfcc100m.tsv', `${yfcc(0)}\n${yfcc(1)}\n`, [['--header', { header: YFCC_HEADER }]]],
  [
    'SBU',
    'sbu.json',
    JSON.stringify({
      image_urls: [0, 1].map(image),
      user_ids: ['u', 'v'],
      captions: ['caption 0', 'caption 1'],
    }),
    [],
  ],
  [
    "pandas' default",
    'pandas.json',
    JSON.stringify({ url: { 0: image(0), 1: image(1) }, caption: { 0: 'caption 0', 1: 'caption 1' } }),
    [],
  ],
  [
    'RedCaps',
    'cats_2017.json',
    JSON.stringify({
      info: { start_date: '2017-01-01', end_date: '2017-12-31', url: 'https://redcaps.xyz', version: '1.0' },
      annotations: RIGHT.map(({ url, caption }, row) => ({
        ...{ image_id: `x${row}`, author: 'someone', url, raw_caption: `Caption ${row}!`, caption },
        ...{
          subreddit: 3,
          score: 7,
          created_utc: 1483272000,
          permalink: '/r/cats/1',
          crosspost_parents: null,
        },
      })),
    }),
    [],
  ],
  [
    'COCO',
    'captions_train2017.json',
    JSON.stringify({
      info: { description: 'COCO 2017', url: 'http://cocodataset.org', version: '1.0', year: 2017 },
      licenses: [{ url: 'http://creativecommons.org/licenses/by/2.0/', id: 4, name: 'Attribution License' }],
      images: RIGHT.map(({ url, caption }, row) => ({
        ...{ license: 4, file_name: `${row}.jpg`, coco_url: url, height: 480, width: 640, title: caption },
        ...{ date_captured: '2013-11-14', flickr_url: `http://page.example/${row}`, id: row },
      })),
      annotations: [{ image_id: 0, id: 1, caption: 'a dog' }],
    }),
    [
      ['--records', { records: 'images' }],
      ['--url-col', { urlCol: 'coco_url' }],
    ],
  ],
])('%s as it is published', async (_, name, text, asks) => {
  const path = join(await useTempFolder(), name);
  await writeFile(path, text);
  expect(await answer(path, asks)).toEqual(RIGHT);
});
