import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE = { body: { fixture: 'images/tiny.jpg' } } as const;

test('--base-url completes relative URLs in the download, in plan and where duplicates are found', async () => {
  const { box, output, reach, writeIndex } = await useWeb({
    hosts: { 'a.example': { paths: { '/full/1.jpg': IMAGE, '/2.jpg': IMAGE } } },
  });
  const base = box.url('a.example', '/full/');
  const index = await writeIndex([
    ['1.jpg', 'relative to the folder'],
    ['/2.jpg', 'relative to the host'],
    [`${base}1.jpg`, 'the first in full'],
  ]);
  const flags = ['--base-url', base, '--json'];
  const download = await runCli([index, '--output', output, '--dedupe', 'url', ...flags, ...reach]);
  expect(download.code).toBe(0);
  const rows = await readMetadata(output);
  expect(rows.map(({ url, status, failure_code }) => [url, status, failure_code])).toEqual([
    ['1.jpg', 'success', null],
    ['/2.jpg', 'success', null],
    [`${base}1.jpg`, 'failed_to_download', 'duplicate_url'],
  ]);

  const planned = ['plan', index, '--allow-private', '127.0.0.0/8'];
  const plan = await runCli([...planned, ...flags]);
  expect(JSON.parse(plan.stdout)).toMatchObject({ rows: 3, usable_rows: 3 });

  const without = await runCli([...planned, '--json']);
  expect(JSON.parse(without.stdout)).toMatchObject({ rows: 3, usable_rows: 1 });
});

test('--base-url with a scheme alone completes URLs that begin with their host', async () => {
  const { box, output, reach, writeIndex } = await useWeb({
    hosts: { 'a.example': { paths: { '/1.jpg': IMAGE } } },
  });
  const [, host] = box.url('a.example', '/1.jpg').split('//');
  const index = await writeIndex(
    [host, `//${host}`, `http://${host}`, '/1.jpg'].map((url) => [url ?? '', '']),
  );
  const flags = ['--base-url', 'http://', '--dedupe', 'url', ...reach];
  expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
  const codes = (await readMetadata(output)).map(({ failure_code }) => failure_code);
  expect(codes).toEqual([null, 'duplicate_url', 'duplicate_url', 'url_invalid']);
});

test('--min-bytes rejects placeholders', async () => {
  const { box, output, reach, writeIndex } = await useWeb({
    hosts: {
      'a.example': {
        paths: { '/large.jpg': { body: { fixture: 'images/landscape.jpg' } }, '/pixel.jpg': IMAGE },
      },
    },
  });
  const index = await writeIndex([
    [box.url('a.example', '/large.jpg'), 'an image'],
    [box.url('a.example', '/pixel.jpg'), 'a placeholder'],
  ]);
  const { code } = await runCli([index, '--output', output, '--min-bytes', '2kB', ...reach]);
  expect(code).toBe(0);
  const rows = await readMetadata(output);
  expect(rows.map(({ failure_code }) => failure_code)).toEqual([null, 'body_too_small']);
});
