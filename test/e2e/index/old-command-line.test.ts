import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { listTar, readMember, readMetadata, readStats } from '../../support/command/read-dataset.ts';

/** The columns that img2dataset 1.47.0 writes for these flags (see its writer); ours follow them. */
const COLUMNS = [
  ...['similarity', 'caption', 'url', 'key', 'status', 'error_message'],
  ...['width', 'height', 'original_width', 'original_height', 'exif', 'sha256'],
];
const OUR_COLUMNS = [
  'failure_code',
  'http_status',
  'final_url',
  'attempts',
  'bytes',
  'mime_type',
  'fetched_at',
];

const README_LINE =
  '--url_list=myimglist.txt --output_folder=output_folder --thread_count=64 --image_size=256';

/** A folder with a list of three URLs, the last of which returns 404. */
async function useList() {
  const web = await useWeb({
    hosts: { 'a.example': { paths: { '/gone': { status: 404 }, '*': { body: { fixture: LANDSCAPE } } } } },
  });
  const urls = ['/1', '/2', '/gone'].map((path) => web.box.url('a.example', path));
  await writeFile(join(web.folder, 'myimglist.txt'), `${urls.join('\n')}\n`);
  return web;
}

const LANDSCAPE = 'images/landscape.jpg';

/** As by default: what owners said is recorded. */
const ASKING = { LAION_FETCH_RIGHTS_FILES: 'robots.txt,tdmrep.json' };

test("the first example of img2dataset's README gives what img2dataset gives: 256x256 JPEGs in folders", async () => {
  const { folder, reach } = await useList();
  const { code, stderr } = await runCli([...README_LINE.split(' '), ...reach], { cwd: folder, env: ASKING });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr.match(/^laion-fetch: .*$/gm)).toEqual([
    "laion-fetch: --url_list: read as an img2dataset command line, with img2dataset's defaults for options it leaves " +
      "out (256 pixels, white border, upscaling, files, no captions); --preset none uses laion-fetch's",
  ]);
  const output = join(folder, 'output_folder');
  const visible = readdirSync(output).filter((name) => !name.startsWith('.'));
  expect(visible.sort()).toEqual(['00000', '00000.parquet', '00000.sha256', '00000_stats.json']);
  expect(readdirSync(join(output, '00000')).sort()).toEqual(
    ['000000000', '000000001'].flatMap((key) => [`${key}.jpg`, `${key}.json`]),
  );
  // The record of rights is in the metadata, behind img2dataset's columns.
  const json = JSON.parse(await readFile(join(output, '00000', '000000000.json'), 'utf8'));
  expect(Object.keys(json)).toEqual(COLUMNS.slice(2));
  const [row = {}] = await readMetadata(output);
  expect(Object.keys(row)).toEqual([...COLUMNS.slice(2), ...OUR_COLUMNS, 'rights']);
  const image = sharp(await readFile(join(output, '00000', '000000000.jpg')));
  expect(await image.metadata()).toMatchObject({ format: 'jpeg', width: 256, height: 256 });
  const [corner = 0] = await image.extract({ left: 0, top: 0, width: 1, height: 1 }).raw().toBuffer();
  expect(corner).toBeGreaterThan(250);
});

test.each([
  ['--preset none on an old command line', `${README_LINE} --preset none`],
  [
    'a line in our spelling with names of img2dataset',
    'myimglist.txt --output output_folder --image_size 256 --thread_count 64',
  ],
])('%s gives our defaults, without a notice', async (_, line) => {
  const { folder, reach } = await useList();
  const { code, stderr } = await runCli([...line.split(' '), ...reach], { cwd: folder });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).not.toContain('laion-fetch:');
  const output = join(folder, 'output_folder');
  expect(listTar(join(output, '00000.tar'))).toContain('000000000.jpg');
  expect((await readMetadata(output))[0]).toMatchObject({ width: 256, height: 171 });
});

test("an old command line without --output_folder writes to 'images', as img2dataset does", async () => {
  const { folder, reach } = await useList();
  const { code } = await runCli(['--url_list', 'myimglist.txt', ...reach], { cwd: folder });
  expect(code).toBe(0);
  expect(readdirSync(join(folder, 'images'))).toContain('00000');
});

test("an old command line runs and gives img2dataset's names, keys, JSON fields and Parquet columns", async () => {
  const { box, folder, reach } = await useWeb({
    hosts: {
      'a.example': {
        paths: {
          '/landscape.jpg': { body: { fixture: 'images/landscape.jpg' } },
          '/phone.jpg': { body: { fixture: 'images/exif-phone.jpg' } },
        },
      },
    },
  });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (SELECT * FROM (VALUES
      ('${box.url('a.example', '/landscape.jpg')}', 'Käse', 1.0::DOUBLE, 7),
      ('${box.url('a.example', '/gone.jpg')}', 'gone', 0.25, 8),
      ('${box.url('a.example', '/phone.jpg')}', NULL, 1e-7, 9)) AS t("URL", "TEXT", similarity, id))
    TO '${join(folder, 'x.parquet')}' (FORMAT parquet)`);
  connection.closeSync();

  const old =
    '--url_list x.parquet --input_format parquet --url_col URL --caption_col TEXT --output_format webdataset ' +
    '--output_folder out --processes_count 2 --thread_count 64 --image_size 256 --resize_mode keep_ratio ' +
    '--enable_wandb False';
  const args = [...old.split(' '), '--save_additional_columns', '["similarity"]', ...reach];
  const { code, stderr } = await runCli(args, { cwd: folder });
  expect({ code, stderr }).toMatchObject({ code: 0 });

  const output = join(folder, 'out');
  const tar = join(output, '00000.tar');
  expect(listTar(tar)).toEqual(
    ['000000000', '000000002'].flatMap((key) => [`${key}.jpg`, `${key}.json`, `${key}.txt`]),
  );
  expect(readMember(tar, '000000002.txt').length).toBe(0);
  const json = readMember(tar, '000000000.json').toString();
  expect(Object.keys(JSON.parse(json))).toEqual(COLUMNS);
  expect(json).toContain('\n    "similarity": 1.0,\n    "caption": "K\\u00e4se",\n');
  expect(readMember(tar, '000000002.json').toString()).toContain(
    '"similarity": 1e-07,\n    "caption": null,',
  );

  const rows = await readMetadata(output);
  expect(Object.keys(rows[0] ?? {})).toEqual([...COLUMNS, ...OUR_COLUMNS]);
  expect(rows[1]).toMatchObject({
    key: '000000001',
    status: 'failed_to_download',
    error_message: 'HTTP Error 404: Not Found',
    width: null,
    sha256: null,
    failure_code: 'http_404',
  });
  expect(readStats(output)).toMatchObject({
    count: 3,
    successes: 2,
    failed_to_download: 1,
    failed_to_resize: 0,
    status_dict: { success: 2, 'HTTP Error 404: Not Found': 1 },
    failure_codes: { http_404: 1 },
  });
});

test('an old command line may name columns for an index that is a list of URLs', async () => {
  const { box, folder, reach } = await useWeb({
    hosts: { 'a.example': { paths: { '*': { body: { fixture: 'images/landscape.jpg' } } } } },
  });
  await writeFile(join(folder, 'urls.txt'), `${box.url('a.example', '/1,2')}\n`);
  const flags = ['--url_col', 'URL', '--caption_col', 'TEXT', '--save_additional_columns', '["id"]'];
  const args = [
    '--url_list',
    'urls.txt',
    '--output_folder',
    'out',
    '--input_format',
    'txt',
    ...flags,
    ...reach,
  ];
  expect((await runCli(args, { cwd: folder })).code).toBe(0);
  expect(await readMetadata(join(folder, 'out'))).toMatchObject([{ key: '000000000', status: 'success' }]);
});

test('--preset img2dataset takes its defaults: a folder of bordered 256-pixel images, no captions', async () => {
  const { box, folder, reach, writeIndex } = await useWeb({
    hosts: { 'a.example': { paths: { '*': { body: { fixture: 'images/landscape.jpg' } } } } },
  });
  await writeIndex([[box.url('a.example', '/1'), 'a caption']]);
  const { code } = await runCli(['index.csv', '--preset', 'img2dataset', '--output', 'images', ...reach], {
    cwd: folder,
  });
  expect(code).toBe(0);
  const [row] = await readMetadata(join(folder, 'images'));
  expect(row).toMatchObject({ width: 256, height: 256, status: 'success' });
  expect(row).not.toHaveProperty('caption');
});
