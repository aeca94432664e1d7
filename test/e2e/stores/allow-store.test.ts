import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';
import { useObjectServer } from '../../support/servers/object-server.ts';

const image = await readFile(new URL('../../../fixtures/images/tiny.jpg', import.meta.url));

/** Two rows of the web and eight of a bucket, whose server is on loopback. */
async function useStoredImages() {
  const server = await useObjectServer({
    'images/a.jpg': image,
    'images/a b%20?#ü.jpg': image,
    'images/large.jpg': Buffer.concat([image, Buffer.alloc(400_000)]),
    'images/none.jpg': Buffer.alloc(0),
    'secret/a.jpg': image,
  });
  const web = await useWeb({
    hosts: {
      '*': {
        paths: {
          '/a': { body: { fixture: 'images/tiny.jpg' } },
          '/to-store': { status: 302, headers: [['location', 's3://bucket/images/a.jpg']] },
        },
      },
    },
  });
  const urls = [
    web.box.url('a.example', '/a'),
    web.box.url('a.example', '/to-store'),
    's3://bucket/images/a.jpg',
    's3a://bucket/images/a b%20?#ü.jpg',
    's3://bucket/images/large.jpg',
    's3://bucket/images/none.jpg',
    's3://bucket/images/missing.jpg',
    's3://bucket/images/../secret/a.jpg',
    's3://bucket/secret/a.jpg',
    's3://other/images/a.jpg',
  ];
  const index = await web.writeIndex(urls.map((url) => [url, 'a caption'] as const));
  const output = join(web.folder, 'dataset');
  const run = async (...flags: string[]) => {
    const args = [
      index,
      '--output',
      output,
      '--max-bytes',
      '100kB',
      '--retries',
      '0',
      ...web.reach,
      ...flags,
    ];
    const done = await runCli([...args, '--json'], { env: server.env });
    const rows = done.code === 0 ? await readMetadata(output) : [];
    return { ...done, codes: rows.map((row) => row['failure_code'] ?? row['status']), rows };
  };
  return { run, server, index, env: server.env, urls };
}

const REFUSED = ['url_scheme', 'url_scheme', 'url_scheme'];

test('rows may name objects of the stores that --allow-store names, also in several threads', async () => {
  const { run, server, index, env } = await useStoredImages();
  const { codes, rows, stdout } = await run(
    '--allow-store',
    's3://bucket/images',
    '--lanes',
    '2',
    '--ports',
    '80',
  );
  expect(codes).toEqual([
    'success',
    'redirect_invalid',
    'success',
    'success',
    'body_too_large',
    'body_empty',
    'http_404',
    ...REFUSED,
  ]);
  expect(rows[3]).toMatchObject({ http_status: 200, sha256: rows[0]?.['sha256'] });
  expect(rows[6]?.['error_message']).toMatch(/^HTTP Error 404: Not Found \(there is no such object \(/);
  expect(JSON.stringify(rows) + stdout).not.toContain('secret-key');
  // The body that was too large was not read to its end.
  const large = server.asked.filter(({ path }) => path === 'images/large.jpg');
  expect(large).toHaveLength(1);
  const planned = await runCli(['plan', index, '--allow-store', 's3://bucket/images', '--json'], { env });
  expect(JSON.parse(planned.stdout)).toMatchObject({ unusable_rows: { url_scheme: 3 } });
});

test('without --allow-store, rows that name objects of stores end as before, and no store is asked', async () => {
  const { run, server } = await useStoredImages();
  const { codes } = await run();
  expect(codes).toEqual(['success', 'redirect_invalid', ...Array.from({ length: 8 }, () => 'url_scheme')]);
  expect(server.asked).toEqual([]);
});

test('credentials that a store refuses are told by each row, and nowhere else', async () => {
  const { run, server } = await useStoredImages();
  server.settings.status = 403;
  const { codes, rows, stderr } = await run('--allow-store', 's3://bucket');
  expect(codes.slice(2, 4)).toEqual(['http_403', 'http_403']);
  expect(rows[2]?.['error_message']).toContain("the credentials do not allow this in bucket 'bucket'");
  expect(JSON.stringify(rows) + stderr).not.toContain('secret-key');
});
