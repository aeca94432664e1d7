import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer, BoxRequest } from '../../support/box/answers.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE: Answer = { body: { fixture: 'images/tiny.jpg' } };
const SECRET = 'Bearer s3cret-token';
const OWN = [
  '--request-header',
  'Referer: https://r.example/',
  '--request-header',
  `Authorization: ${SECRET}`,
];

/** A web that writes down what each request had: `http a.example/1`. */
async function useHeaders() {
  const seen = new Map<string, BoxRequest['headers']>();
  const reply =
    (redirect?: () => string) =>
    (request: BoxRequest): Answer => {
      seen.set(`${request.scheme} ${request.host}${request.path}`, request.headers);
      return redirect === undefined ? IMAGE : { redirect: redirect() };
    };
  const web = await useWeb({
    hosts: {
      'a.example': {
        paths: {
          '*': reply(),
          '/to-b': reply(() => web.box.url('b.example', '/from-a')),
          '/to-a': reply(() => web.box.url('a.example', '/from-a')),
          '/up': reply(() => web.box.url('a.example', '/upgraded', 'https')),
          '/down': reply(() => web.box.url('a.example', '/downgraded')),
        },
      },
      'b.example': { paths: { '*': reply(), '/back': reply(() => web.box.url('a.example', '/from-b')) } },
    },
  });
  return { ...web, seen };
}

test('headers go to the hosts of the index, never to those of a redirect', async () => {
  const { box, seen, writeIndex, output, reach } = await useHeaders();
  const urls = [
    box.url('a.example', '/1'),
    box.url('a.example', '/to-b'),
    box.url('a.example', '/to-a'),
    box.url('a.example', '/up'),
    box.url('a.example', '/down', 'https'),
    box.url('b.example', '/back'),
  ];
  const index = await writeIndex(urls.map((url) => [url, '']));
  const run = await runCli([
    index,
    '--output',
    output,
    ...reach,
    ...OWN,
    '--request-header',
    'Accept: image/png',
    '--log-level',
    'trace',
  ]);
  expect(run.code).toBe(0);
  const has = (request: string) => [seen.get(request)?.['referer'], seen.get(request)?.['authorization']];
  for (const request of [
    ...['http a.example/1', 'http a.example/to-b', 'http a.example/to-a', 'http a.example/from-a'],
    ...['http a.example/up', 'https a.example/upgraded', 'https a.example/down', 'http b.example/back'],
  ])
    expect([request, ...has(request)]).toEqual([request, 'https://r.example/', SECRET]);
  for (const request of ['http b.example/from-a', 'http a.example/downgraded', 'http a.example/from-b']) {
    expect(seen.has(request)).toBe(true);
    expect([request, ...has(request)]).toEqual([request, undefined, undefined]);
  }
  expect(seen.get('http a.example/1')?.['accept']).toBe('image/png');
  expect(run.stderr).toContain(
    'Referer, Authorization, Accept will be sent to the host of every URL of the index',
  );
  expect(run.stderr).not.toContain('s3cret');
  const names = await readdir(output, { recursive: true, withFileTypes: true });
  for (const each of names.filter((entry) => entry.isFile()))
    expect(await readFile(join(each.parentPath, each.name), 'latin1')).not.toContain('s3cret');
  const manifest = JSON.parse(await readFile(join(output, '.laion-fetch/manifest.json'), 'utf8'));
  expect(manifest.runs[0].requestHeaders).toEqual(['referer', 'authorization', 'accept']);
});

test('a config file and the environment may have them, too', async () => {
  const { box, seen, writeIndex, folder, output, reach } = await useHeaders();
  const index = await writeIndex([[box.url('a.example', '/1'), '']]);
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ request_header: ['X-One: 1', 'Cookie: a=b; c="d"'] }));
  expect((await runCli([index, '--output', output, ...reach, '--config', config])).code).toBe(0);
  expect(seen.get('http a.example/1')).toMatchObject({ 'x-one': '1', cookie: 'a=b; c="d"' });
  const env = { LAION_FETCH_REQUEST_HEADER: 'X-Two: 2' };
  const again = await runCli([index, '--output', `${output}2`, ...reach], { env });
  expect(again.code).toBe(0);
  expect(seen.get('http a.example/1')).toMatchObject({ 'x-two': '2' });
  expect((await readMetadata(output)).map((row) => row['status'])).toEqual(['success']);
});

test('a header that is refused is not repeated', async () => {
  const header = 'Proxy-Authorization: s3cret';
  const { code, stderr } = await runCli(['x.csv', '--output', 'y', '--request-header', header]);
  expect(code).toBe(2);
  expect(stderr).toContain("--request-header: expected headers as 'Name: value'");
  expect(stderr).toContain('got something else');
  expect(stderr).not.toContain('s3cret');
});
