import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openConnections } from '../../src/objects/https/connections.ts';
import { WebFiles } from '../../src/objects/https/web-files.ts';
import type { ObjectReader, ReadOptions } from '../../src/objects/interface/object-reader.ts';
import { makeCertificates } from '../support/servers/certificates.ts';
import { type ServerSettings, useObjectServer } from '../support/servers/object-server.ts';
import { useProxyServer } from '../support/servers/proxy-server.ts';

const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));

async function useFile(settings: ServerSettings = {}) {
  const server = await useObjectServer({ 'a/b c.bin': BYTES });
  Object.assign(server.settings, settings);
  return { server, files: filesOf(`${server.web}/`) };
}

const filesOf = (base: string, proxy: string | null = null): WebFiles =>
  new WebFiles(base, { dispatcher: openConnections(proxy), headers: {} });

async function read(files: ObjectReader, options?: ReadOptions, key = 'a/b%20c.bin'): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of files.read(key, options)) pieces.push(piece);
  return Buffer.concat(pieces);
}

test.each([
  ['ranges and ETags', {}],
  ['no ranges', { ranges: false }],
  ['no ETags', { etags: false }],
  ['neither ranges nor lengths', { ranges: false, lengths: false }],
])('a server with %s gives a file and parts of it', async (_, settings) => {
  const { files } = await useFile(settings);
  const found = await files.head('a/b%20c.bin');
  expect(found?.bytes).toBe(BYTES.length);
  expect(found?.isSequential ?? false).toBe('ranges' in settings);
  expect(found?.version === null).toBe('etags' in settings);
  expect((await read(files)).equals(BYTES)).toBe(true);
  expect((await read(files, { offset: 70_000, length: 5 })).equals(BYTES.subarray(70_000, 70_005))).toBe(
    true,
  );
  expect(await files.head('none')).toBe(null);
});

test.each([
  ['heeds', true],
  ['ignores', false],
])(
  'goes on where a transfer was cut, of the same version only, if the server %s If-Match',
  async (_, conditions) => {
    const { server, files } = await useFile({ cuts: [1000, 20_000], conditions });
    expect((await read(files)).equals(BYTES)).toBe(true);
    expect(server.asked.map(({ range }) => range)).toEqual([null, 'bytes=1000-', 'bytes=21000-']);

    server.settings.cuts?.push(1000);
    const version = (await files.head('a/b%20c.bin'))?.version ?? '';
    const pieces = files.read('a/b%20c.bin', { version })[Symbol.asyncIterator]();
    await pieces.next();
    server.files.set('a/b c.bin', Buffer.alloc(BYTES.length));
    const rest = async () => {
      for (let next = await pieces.next(); !next.done; ) next = await pieces.next();
    };
    await expect(rest()).rejects.toMatchObject({ code: 'changed' });
  },
);

test.each([
  [401, 'credentials', /wants credentials .*https:\/\/user:password@host/],
  [403, 'denied', /denies access .*new link/],
  [404, 'not_found', /no such file .*check the address/],
  [418, 'refused', /does not answer with a file .*check the address/],
])('HTTP %i is %s', async (status, code, message) => {
  const { files } = await useFile({ status });
  await expect(read(files)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('credentials of a URL are sent to its server and are in no address', async () => {
  const { server } = await useFile();
  const files = filesOf(`${server.web.replace('//', '//me:s3cret@')}/`);
  expect((await read(files)).equals(BYTES)).toBe(true);
  expect(files.address('a?X-Amz-Signature=s3cret')).not.toContain('s3cret');
});

test('a certificate that is not valid is refused at once, and the message says what to do', async () => {
  const { trusted } = await makeCertificates(['a.example'], ['127.0.0.1']);
  const server = createServer(trusted, (_, response) => response.end('x'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await expect(read(filesOf(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/certificate of 127\.0\.0\.1:\d+ is not valid .*NODE_EXTRA_CA_CERTS/),
  });
});

test('a proxy is used, with its credentials', async () => {
  const { server } = await useFile();
  const token = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
  const proxy = await useProxyServer({ credentials: token });
  const files = filesOf(`${server.web}/`, `http://me:s3cret@127.0.0.1:${proxy.port}`);
  expect((await read(files)).equals(BYTES)).toBe(true);
  expect(proxy.asked.length).toBeGreaterThan(0);
});
