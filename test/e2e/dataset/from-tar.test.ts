import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTar } from '../../inputs/webdataset/make-tar.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import {
  digestFiles,
  listTar,
  readMember,
  readMetadata,
  readStats,
} from '../../support/command/read-dataset.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const IMAGES = 'fixtures/images';
const NAMES = ['landscape.jpg', 'portrait.jpg', 'gray.jpg', 'rgb.png', 'lossy.webp', 'tiny.jpg'];

/** Tars with images of several formats, JSON and captions, as other programs write them. */
async function useTars({ tars = 2, samples = 20 } = {}) {
  const folder = await useTempFolder();
  const source = join(folder, 'source');
  await mkdir(source);
  for (let tar = 0; tar < tars; tar += 1) {
    const members: (readonly [string, string | Uint8Array])[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const name = NAMES[sample % NAMES.length] ?? '';
      const key = `s${tar}-${String(sample).padStart(4, '0')}`;
      const json = {
        url: `http://a.example/${key}`,
        caption: `caption ${key}`,
        score: sample / 10,
        width: 1,
      };
      members.push([`${key}.${name.slice(name.indexOf('.') + 1)}`, await readFile(join(IMAGES, name))]);
      members.push([`${key}.json`, JSON.stringify(json)], [`${key}.txt`, `caption ${key}`]);
    }
    await writeFile(join(source, `${tar}.tar`), await makeTar(members));
  }
  const run = (output: string, ...more: string[]) =>
    runCli([join(source, '*.tar'), '--from-tar', '--output', join(folder, output), ...more]);
  return { folder, source, run };
}

const SMALL = ['--image-size', '64', '--number-sample-per-shard', '12'];

test('a dataset is resized, filtered and checked again from its tars, and again from the result', async () => {
  const { folder, run } = await useTars();
  const first = await run(
    'a',
    ...SMALL,
    '--min-image-size',
    '20',
    '--where',
    'score < 1.5',
    '--key-col',
    'key',
  );
  expect(first).toMatchObject({ code: 0 });
  const rows = await readMetadata(join(folder, 'a'));
  expect(rows).toHaveLength(30);
  const codes = new Map(rows.map(({ failure_code, status }) => [failure_code, status]));
  expect(codes).toEqual(
    new Map([
      [null, 'success'],
      ['image_too_small', 'failed_to_resize'],
    ]),
  );
  expect(rows[0]).toMatchObject({
    key: 's0-0000',
    caption: 'caption s0-0000',
    index_width: '1',
    http_status: null,
    attempts: 0,
    mime_type: 'image/jpeg',
  });
  expect(listTar(join(folder, 'a/00000.tar')).slice(0, 3)).toEqual(
    ['jpg', 'json', 'txt'].map((extension) => `s0-0000.${extension}`),
  );
  expect(await runCli(['verify', join(folder, 'a'), '--deep'])).toMatchObject({ code: 0 });

  // Again gives the same bytes; and a dataset of ours is a source as well.
  await run('b', ...SMALL, '--min-image-size', '20', '--where', 'score < 1.5', '--key-col', 'key');
  expect(digestFiles(join(folder, 'b'), '.tar')).toEqual(digestFiles(join(folder, 'a'), '.tar'));
  const again = [join(folder, 'a'), '--input-format', 'webdataset', '--from-tar'];
  const copied = await runCli([
    ...again,
    '--output',
    join(folder, 'c'),
    '--encode-format',
    'original',
    '--key-col',
    'key',
  ]);
  expect(copied).toMatchObject({ code: 0 });
  const member = 's0-0003.jpg';
  expect(readMember(join(folder, 'c/00000.tar'), member)).toEqual(
    readMember(join(folder, 'a/00000.tar'), member),
  );
  expect(readStats(join(folder, 'c'))).toMatchObject({ status_dict: { success: 10 } });

  const retry = await runCli(['retry', join(folder, 'a'), '--class', 'all']);
  expect(retry).toMatchObject({ code: 2 });
  expect(retry.stderr).toContain('its images came from tars (--from-tar)');
}, 180_000);

test('failures are those of a row: no image, an empty or too large one, damage', async () => {
  const folder = await useTempFolder();
  const image = await readFile(join(IMAGES, 'tiny.jpg'));
  const tar = await makeTar([
    ['0.jpg', image],
    ['1.json', '{"url": "http://a.example/1"}'],
    ['2.jpg', ''],
    ['3.jpg', Buffer.concat([image, Buffer.alloc(100_000)])],
    ['4.jpg', 'no image'],
    ['5.json', 'no JSON'],
    ['6.jpg', image],
    ['7.jpg', image],
  ]);
  const damaged = Buffer.from(tar);
  damaged.fill(1, tar.indexOf('6.jpg\0'), tar.indexOf('6.jpg\0') + 512);
  const path = join(folder, 'a.tar');
  await writeFile(path, damaged.subarray(0, tar.indexOf('7.jpg\0') + 512 + 100));
  const output = join(folder, 'out');
  const { code, stderr } = await runCli([path, '--from-tar', '--output', output, '--max-bytes', '50KB']);
  expect(code).toBe(0);
  expect((await readMetadata(output)).map(({ url, failure_code }) => [url, failure_code])).toEqual([
    ['0', null],
    ['http://a.example/1', 'image_missing'],
    ['2', 'body_empty'],
    ['3', 'body_too_large'],
    ['4', 'image_unknown'],
    [null, 'bad_row'],
    [null, 'bad_row'],
    ['7', 'image_missing'],
  ]);
  expect(stderr).toContain('there is no end mark; samples may be missing behind it');
  expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
}, 180_000);

test('killed and begun again, the tars are the same', async () => {
  const { folder, source, run } = await useTars({ samples: 40 });
  await run('whole', ...SMALL);
  const output = join(folder, 'killed');
  const command = [join(source, '*.tar'), '--from-tar', '--output', output, ...SMALL];
  for (const shards of [2, 5]) {
    const running = spawnCli(command);
    const ended = running.result.then(() => true);
    const isThere = async () =>
      (await readdir(output).catch((): string[] => [])).includes(`0000${shards}_stats.json`);
    while (!(await isThere())) {
      if (await Promise.race([ended, new Promise<void>((resolve) => setTimeout(resolve, 10))])) break;
    }
    running.kill('SIGKILL');
    await running.result;
  }
  expect(await runCli(command)).toMatchObject({ code: 0 });
  expect(digestFiles(output, '.tar')).toEqual(digestFiles(join(folder, 'whole'), '.tar'));
}, 180_000);

test('a dataset that is extended from tars to MDS has the lists of both', async () => {
  const { folder, run } = await useTars({ tars: 1, samples: 8 });
  await run('a', ...SMALL);
  await run('a', ...SMALL, '--output-format', 'mds', '--incremental-mode', 'extend');
  const read = async (name: string) => JSON.parse(await readFile(join(folder, 'a', name), 'utf8'));
  expect(Object.keys(await read('sizes.json'))).toEqual(['00000.tar']);
  const { shards } = await read('index.json');
  expect(shards).toMatchObject([{ samples: 8, raw_data: { basename: '00001.mds' } }]);
  expect(await runCli(['verify', join(folder, 'a')])).toMatchObject({ code: 0 });
}, 180_000);
