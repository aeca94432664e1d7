import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { EXIT } from '../../../src/core/errors.ts';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { TOKEN, useObjectServer } from '../../support/servers/object-server.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { makeParquet, openPath, readValues } from '../files.ts';

const LINES = Array.from({ length: 60_000 }, (_, i) => `https://a.test/${i}.jpg`);
const TEXT = Buffer.from(LINES.join('\n'));

const useFiles = () =>
  useObjectServer({
    'a/x.txt': TEXT,
    'a/y.txt.gz': gzipSync(TEXT),
    'a/.hidden.txt': TEXT,
    'a/README.md': TEXT,
    'a/_z.txt': TEXT,
    'empty.csv': Buffer.alloc(0),
    'login.parquet': Buffer.from('<!doctype html><title>Log in</title>'),
  });

async function rowsOf(pattern: string, env: NodeJS.ProcessEnv = {}): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for (const source of await findSources([pattern], { env })) {
    const index = await openIndex(source);
    onTestFinished(() => index.close());
    rows.push((await readValues(index)).map(([url]) => url));
  }
  return rows;
}

test.each([
  ['hf://datasets/owner/name/a', 2],
  ['hf://datasets/owner/name@v1/a/*.txt', 1],
  ['hf://datasets/owner/name@refs/convert/parquet/a/x.txt', 1],
  ['hf://datasets/owner/name@~parquet/a/y.txt.gz', 1],
  ['hf://datasets/owner/name/*/_*.txt', 1],
])('%s names %i files', async (pattern, files) => {
  const server = await useFiles();
  expect(await rowsOf(pattern, server.env)).toEqual(Array.from({ length: files }, () => LINES));
});

test('a server without ranges, lengths and ETags is read in one piece', async () => {
  const server = await useFiles();
  Object.assign(server.settings, { ranges: false, lengths: false, etags: false });
  expect(await rowsOf(`${server.web}/a/y.txt.gz`)).toEqual([LINES]);
});

test('a transfer that is cut goes on where it ended', async () => {
  const server = await useFiles();
  const [source] = await findSources([`${server.web}/a/x.txt`]);
  if (source === undefined) throw new Error('there is no source');
  server.settings.cuts = [100_000, 0, 50_000];
  const index = await openIndex(source);
  expect((await readValues(index)).length).toBe(LINES.length);
  await index.close();
  expect(server.settings.cuts).toEqual([]);
});

test('a file that changes while it is read is never mixed', async () => {
  const server = await useFiles();
  const [source] = await findSources([`${server.web}/a/x.txt`]);
  if (source === undefined) throw new Error('there is no source');
  const index = await openIndex(source);
  onTestFinished(() => index.close());
  server.files.set('a/x.txt', Buffer.from(TEXT).reverse());
  await expect(readValues(index)).rejects.toMatchObject({
    exitCode: EXIT.input,
    message: `Cannot read '${server.web}/a/x.txt': the file has changed while it was read (HTTP 412); run the same command again`,
  });
});

test.each([{}, { where: 'n % 7 = 0' }, { where: "text = 'none'" }])(
  'rows of Parquet are those of the file itself, and no others are fetched: %j',
  async (options) => {
    const path = await makeParquet(
      `SELECT 'https://a.test/' || i AS url, repeat(md5(i::VARCHAR), 8) AS text, i AS n FROM range(40000) t(i)`,
      ', COMPRESSION uncompressed, ROW_GROUP_SIZE 10000',
    );
    const file = await readFile(path);
    const server = await useObjectServer({ 'large.parquet': file });
    const [source] = await findSources([`${server.web}/large.parquet`]);
    if (source === undefined) throw new Error('there is no source');
    const remote = await openIndex(source, options);
    onTestFinished(() => remote.close());
    const local = await openPath(path, options);
    server.asked.length = 0;
    expect(await readValues(remote, 35_000)).toEqual(await readValues(local, 35_000));
    const fetched = server.asked.reduce((sum, { bytes }) => sum + bytes, 0);
    if (!('where' in options)) expect(fetched).toBeLessThan(file.length / 3);
    expect(await readValues(remote)).toEqual(await readValues(local));
  },
);

test('an abort ends a read that waits for its server', async () => {
  const server = await useFiles();
  const [source] = await findSources([`${server.web}/a/x.txt`]);
  if (source === undefined) throw new Error('there is no source');
  const index = await openIndex(source);
  onTestFinished(() => index.close());
  server.settings.isStuck = true;
  const abort = new AbortController();
  const reading = (async () => {
    for await (const _ of index.rows({ from: 0, columns: [0], signal: abort.signal }));
  })();
  await vi.waitFor(() => expect(server.waiting()).toBeGreaterThan(0));
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});

test('temporary files have no name on Linux, so that a killed run leaves none', async () => {
  const folder = await useTempFolder();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const server = await useFiles();
  const [source] = await findSources([`${server.web}/a/x.txt`]);
  if (source === undefined) throw new Error('there is no source');
  const index = await openIndex(source);
  if (process.platform === 'linux') expect(await readdir(folder)).toEqual([]);
  await index.close();
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  [
    'WEB/none.parquet',
    /^Cannot find the index 'http:.*none\.parquet': there is no such file; check the address$/,
  ],
  [
    'WEB/a/*.txt',
    /^Cannot read the index '.*': it is a glob, and a web server does not tell .*; name each file, or/,
  ],
  [
    'WEB/a/',
    /^Cannot read the index '.*': it is a folder, and a web server does not tell .*; name each file, or/,
  ],
  ['WEB/login.parquet', /^Cannot read '.*login\.parquet': it is an HTML page, such as a login or error page/],
  [
    'hf://datasets/owner/other/*',
    /^Cannot read the index '.*': there is no such dataset or revision \(HTTP 404\)/,
  ],
  ['hf://datasets/owner/name/none', /^Cannot find the index '.*': there is no such file or folder$/],
  ['hf://datasets/owner/name/*.xyz', /^Cannot find the index '.*': it matches no file$/],
  ['hf://datasets/owner', /^Cannot read the index '.*': expected hf:\/\/datasets\/owner\/name/],
  ['ftp://a.example/x.csv', /^Cannot read the index 'ftp:.*': .* expected one that begins with https:\/\//],
])('%s: says what is wrong, with exit code 3', async (pattern, message) => {
  const server = await useFiles();
  await expect(rowsOf(pattern.replace('WEB', server.web), server.env)).rejects.toMatchObject({
    exitCode: EXIT.input,
    message: expect.stringMatching(message),
  });
});

test.each([
  [undefined, /it wants a token \(HTTP 401\); check its name, or set HF_TOKEN to a token that may read it$/],
  ['hf_wrong', /the hub does not accept the token \(HTTP 401\); check HF_TOKEN$/],
  ['wrong', /HF_TOKEN does not begin with hf_; set it to a token of the hub$/],
])('a private dataset with the token %s', async (token, message) => {
  const server = await useFiles();
  server.settings.isPrivate = true;
  const reading = rowsOf('hf://datasets/owner/name/a/x.txt', { ...server.env, HF_TOKEN: token });
  await expect(reading).rejects.toThrow(message);
});

test('a token reaches the hub and no other origin, and no name', async () => {
  const server = await useFiles();
  server.settings.isPrivate = true;
  const env = { ...server.env, HF_TOKEN: TOKEN };
  expect(await rowsOf('hf://datasets/owner/name/a/x.txt', env)).toEqual([LINES]);
  expect(server.leaked).toEqual([]);
  const [signed] = await findSources([
    `${server.web.replace('//', '//me:s3cret@')}/a/x.txt?X-Amz-Signature=s3cret`,
  ]);
  expect(JSON.stringify(signed)).not.toContain('s3cret');
});
