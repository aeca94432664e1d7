import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer, BoxRequest } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' } };

/** Bodies under a name that says JPEG, each with its media type and what the message calls it. */
const OTHERS = (
  [
    ['<!DOCTYPE html><html><title>gone</title>', 'text/html', 'an HTML page'],
    ['\n<!-- x --><html lang="en">', 'text/html', 'an HTML page'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml', 'an SVG drawing'],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'application/xml', 'an XML document'],
    ['{"error": "not found"}', 'application/json', 'a JSON document'],
    ['Not found', 'text/plain', 'plain text'],
    ['%PDF-1.7\n', 'application/pdf', 'a PDF document'],
    ['II*\0\x08\0\0\0', 'image/tiff', 'a TIFF image'],
    ['MM\0*\0\0\0\x08', 'image/tiff', 'a TIFF image'],
    ['\0\0\0\x18ftypheic\0\0\0\0heicmif1', 'image/heic', 'a HEIC image'],
    ['\0\0\0\x18ftypisom\0\0\0\0isommp42', 'video/mp4', 'a video'],
    ['\0\0\x01\0\x01\0\x10\x10', 'image/x-icon', 'an icon'],
    ['\xff\x0a\0\0', 'image/jxl', 'a JPEG XL image'],
    ['PK\x03\x04', 'application/zip', 'a ZIP archive'],
  ] as const
).map(([body, type, name]) => [Buffer.from(body, 'latin1'), type, name] as const);

async function useTypes() {
  const requests: BoxRequest[] = [];
  const web = await useWeb({
    hosts: {
      'a.example': {
        paths: {
          '*': (request) => {
            requests.push(request);
            const other = OTHERS[Number(/^\/other\/(\d+)/.exec(request.path)?.[1] ?? Number.NaN)];
            return other === undefined
              ? IMAGE
              : { headers: [['Content-Type', 'image/jpeg']], body: { base64: other[0].toString('base64') } };
          },
        },
      },
    },
  });
  return { ...web, requests };
}

test('M11: what was not an image is named in error_message and in mime_type', async () => {
  const { box, output, reach, writeIndex } = await useTypes();
  const index = await writeIndex(OTHERS.map((_, i) => [box.url('a.example', `/other/${i}.jpg`), '']));
  const run = await runCli([index, '--output', output, ...reach]);
  expect(run.code).toBe(0);
  const rows = await readMetadata(output);
  expect(rows.map((row) => [row['failure_code'], row['mime_type'], row['error_message']])).toEqual(
    OTHERS.map(([, type, name]) => ['image_unknown', type, `not an image in a supported format: ${name}`]),
  );
});

test('M10: user and password of a URL are sent to no one', async () => {
  const { box, output, reach, writeIndex, requests } = await useTypes();
  const url = box.url('a.example', '/1.jpg').replace('://', '://me:s3cret@');
  const run = await runCli([
    await writeIndex([[url, '']]),
    '--output',
    output,
    ...reach,
    '--log-level',
    'trace',
  ]);
  expect(run.code).toBe(0);
  expect(requests.map(({ headers }) => headers['authorization'])).toEqual([undefined]);
  expect(run.stderr).not.toContain('s3cret');
  expect(await readMetadata(output)).toMatchObject([{ status: 'success', url }]);
});

test('F7: digests in hex, capitals, base64 and base64 for URLs; one that is none is a bad row, not a mismatch', async () => {
  const { box, folder, output, reach } = await useTypes();
  const bytes = await readFile(new URL('../../../fixtures/images/tiny.jpg', import.meta.url));
  for (const algorithm of ['md5', 'sha256'] as const) {
    const digest = createHash(algorithm).update(bytes).digest();
    const other = createHash(algorithm).update('other').digest();
    const values = [
      [digest.toString('hex'), null],
      [digest.toString('hex').toUpperCase(), null],
      [digest.toString('base64'), null],
      [digest.toString('base64url'), null],
      [other.toString('base64'), 'hash_mismatch'],
      [digest.toString('hex').slice(2), 'bad_row'],
      ['not a digest', 'bad_row'],
    ];
    const index = join(folder, `${algorithm}.jsonl`);
    const lines = values.map(([d], i) => JSON.stringify({ url: box.url('a.example', `/${i}`), d }));
    await writeFile(index, lines.join('\n'));
    const flags = ['--verify-hash', `d:${algorithm}`, '--incremental-mode', 'overwrite', ...reach];
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    expect((await readMetadata(output)).map((row) => row['failure_code'])).toEqual(
      values.map(([, code]) => code),
    );
  }
});

test('F9: a .txt that is a table is refused, and the message names the options to use', async () => {
  const { folder, output } = await useTypes();
  const table = join(folder, 'multimedia.txt');
  await writeFile(table, 'gbifID\ttype\tidentifier\n1\tStillImage\thttp://a.example/1.jpg\n');
  const run = await runCli([table, '--output', output, '--url-col', 'identifier']);
  expect(run.code).toBe(3);
  expect(run.stderr).toContain('found a table; read it with --input-format tsv');
});

test('F10: a URL with a control character inside is invalid and not requested; blanks around it are nothing', async () => {
  const { box, folder, output, reach, requests } = await useTypes();
  const url = box.url('a.example', '/1.jpg');
  const texts = [`${url}\ta caption`, `${url}\nb`, `${url}\rb`, `${url}\u0000`, `${url}\u007fb`, ` ${url}\t`];
  const index = join(folder, 'index.jsonl');
  await writeFile(index, texts.map((text) => JSON.stringify({ url: text })).join('\n'));
  expect((await runCli([index, '--output', output, ...reach])).code).toBe(0);
  const codes = (await readMetadata(output)).map((row) => row['failure_code']);
  expect(codes).toEqual([...new Array(5).fill('url_invalid'), null]);
  expect(requests.length).toBe(1);
});
