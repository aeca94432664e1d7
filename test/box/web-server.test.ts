import { connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { TlsFlavour, WebScript } from '../support/box/answers.ts';
import { startBox } from '../support/box/box.ts';
import { useBox } from '../support/box/use-box.ts';
import { exchange, useClient } from './client.ts';

test('a page is found by path with query, by path alone, by * of its host, by * of the web, or is 404', async () => {
  const status = (code: number) => ({ status: code });
  const paths = { '/a?x=1': status(201), '/a': status(202), '*': status(203) };
  const hosts = { 'one.example': { paths }, 'two.example': { paths: { '/a': status(204) } } };
  const box = await useBox({ hosts });
  const open = await useBox({ hosts: { ...hosts, '*': { paths: { '*': status(205) } } } });
  const [client, openClient] = [useClient(box), useClient(open)];
  const ask = async (host: string, path: string) => (await client.get(box.url(host, path))).status;
  expect(await ask('one.example', '/a?x=1')).toBe(201);
  expect(await ask('one.example', '/a?x=2')).toBe(202);
  expect(await ask('ONE.example', '/b')).toBe(203);
  expect(await ask('two.example', '/b')).toBe(404);
  expect(await ask('three.example', '/')).toBe(404);
  expect((await openClient.get(open.url('two.example', '/b'))).status).toBe(205);
  expect((await openClient.get(open.url('three.example', '/'))).status).toBe(205);
});

test('scripted hosts are trusted over https by clients that trust the authority of the box, others are not', async () => {
  const box = await useBox({ hosts: { 'a.example': { paths: { '/': {} } } } });
  const client = useClient(box);
  expect((await client.get(box.url('a.example', '/', 'https'))).status).toBe(200);
  expect((await client.get(box.url('127.0.0.1', '/', 'https'))).status).toBe(404);
  const stranger = useClient(box, { trustsBox: false }).get(box.url('a.example', '/', 'https'));
  await expect(stranger).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
});

const flavours: [TlsFlavour, string][] = [
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['expired', 'CERT_HAS_EXPIRED'],
  ['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['refused', 'ECONNRESET'],
  ['silent', 'UND_ERR_CONNECT_TIMEOUT'],
];
test.each(flavours)('a host of flavour %s fails with %s', async (tls, code) => {
  const box = await useBox({ hosts: { 'bad.example': { tls } } });
  const client = useClient(box, { timeoutMs: tls === 'silent' ? 200 : 5000 });
  await expect(client.get(box.url('bad.example', '/', 'https'))).rejects.toMatchObject({ code });
});

// The web once stayed silent: a client that asked again at once overtook the end of the answer before.
test('a request that comes before the end of the answer before it is answered', async () => {
  const box = await useBox({
    hosts: { 'a.example': { paths: { '/first': {}, '/second': { raw: 'the second answer' } } } },
  });
  const second = '/first HTTP/1.1\r\nHost: a.example\r\n\r\nGET /second';
  expect((await exchange(box, 'a.example', second)).toString()).toMatch(
    /^HTTP\/1.1 200 .*the second answer$/s,
  );
});

test.each(['http', 'https'] as const)(
  'connections over %s are counted by host, with their peak',
  async (scheme) => {
    const paths = { '/hang': { hang: true }, '/': {} };
    const box = await useBox({ hosts: { 'a.example': { paths }, 'b.example': { paths } } });
    const client = useClient(box);
    const pending = Promise.allSettled(
      [1, 2, 3].map(() => client.get(box.url('a.example', '/hang', scheme))),
    );
    await vi.waitFor(() => expect(box.stats().hosts['a.example']?.requests.open).toBe(3));
    await client.get(box.url('b.example', '/', scheme));

    const { hosts, connections } = box.stats();
    expect(hosts['a.example']?.connections).toEqual({ total: 3, open: 3, peak: 3 });
    expect(hosts['b.example']?.connections).toEqual({ total: 1, open: 1, peak: 1 });
    expect(connections[scheme]).toEqual({ total: 4, open: 4, peak: 4 });

    await client.close();
    await pending;
    await vi.waitFor(() => expect(box.stats().connections[scheme].open).toBe(0));
    expect(box.stats().hosts['a.example']?.connections).toEqual({ total: 3, open: 0, peak: 3 });
  },
);

test('a connection that is used again counts once', async () => {
  const box = await useBox({ hosts: {} });
  const client = useClient(box, { connections: 1 });
  for (const path of ['/x', '/x', '/y?z=1']) await client.get(box.url('a.example', path));
  const stats = box.stats().hosts['a.example'];
  expect(stats?.connections.total).toBe(1);
  expect(stats?.requests).toEqual({ total: 3, open: 0, peak: 1 });
  expect(stats?.paths).toEqual({ '/x': 2, '/y?z=1': 1 });
  expect(stats?.headers['host']).toEqual([`a.example:${box.ports.http}`]);
});

test('a connection that names no host counts for its server alone', async () => {
  const box = await useBox({ hosts: {} });
  const socket = connect(box.ports.http, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await vi.waitFor(() => expect(box.stats().connections.http.open).toBe(1));
  expect(box.stats().hosts).toEqual({});
});

test('reset() forgets the past and keeps what is open', async () => {
  const box = await useBox({ hosts: { 'a.example': { paths: { '/hang': { hang: true } } } } });
  const client = useClient(box);
  await client.get(box.url('b.example', '/'));
  const pending = client.get(box.url('a.example', '/hang')).catch(() => {});
  await vi.waitFor(() => expect(box.stats().hosts['a.example']?.requests.open).toBe(1));
  box.reset();
  const { hosts } = box.stats();
  expect(hosts['a.example']?.connections).toEqual({ total: 1, open: 1, peak: 1 });
  expect([hosts['a.example']?.paths, hosts['b.example']?.paths]).toEqual([{}, {}]);
  await client.close();
  await pending;
  await vi.waitFor(() => expect(box.stats().hosts['a.example']?.connections.open).toBe(0));
});

test('a rate limit refuses requests beyond its number in a second', async () => {
  const script: WebScript = { hosts: { 'a.example': { rateLimit: { perSecond: 2 }, paths: { '*': {} } } } };
  const box = await useBox(script);
  const client = useClient(box);
  const pages = await Promise.all([1, 2, 3].map(() => client.get(box.url('a.example', '/'))));
  expect(pages.map((page) => page.status).sort()).toEqual([200, 200, 429]);
  expect(pages.find((page) => page.status === 429)?.headers['retry-after']).toBe('1');
});

test('a rate limit refuses requests while too many connections are open', async () => {
  const rateLimit = { connections: 1, answer: { status: 503 } };
  const box = await useBox({ hosts: { 'a.example': { rateLimit, paths: { '*': {} } } } });
  const [first, second] = [useClient(box), useClient(box)];
  const ask = async (client: typeof first) => (await client.get(box.url('a.example', '/'))).status;
  expect(await ask(first)).toBe(200);
  expect(await ask(second)).toBe(503);
  await second.close();
  await vi.waitFor(async () => expect(await ask(first)).toBe(200));
});

test('the servers listen on every address of the box, on the same ports', async () => {
  const box = await useBox({ hosts: {} }, { addresses: ['127.0.0.1', '127.0.0.2'] });
  for (const address of box.addresses) {
    const client = useClient(box, { address });
    expect((await client.get(box.url('a.example', '/'))).status).toBe(404);
    expect((await client.get(box.url('127.0.0.2', '/', 'https'))).status).toBe(404);
  }
});

test('url() leaves out the ports that the scheme implies', async () => {
  const box = await useBox({ hosts: {} });
  expect(box.url('a.example', '/x')).toBe(`http://a.example:${box.ports.http}/x`);
  expect(box.url('a.example', '/x', 'https')).toBe(`https://a.example:${box.ports.https}/x`);
});

test('refusedPort() refuses connections', async () => {
  const box = await useBox({ hosts: {} });
  const port = await box.refusedPort();
  const refused = useClient(box).get(`http://a.example:${port}/`);
  await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('startBox() says which address it cannot listen on', async () => {
  // 192.0.2.0/24 is for documentation: no machine has it.
  const start = startBox({ hosts: {} }, { addresses: ['192.0.2.1'] });
  await expect(start).rejects.toThrow('Cannot listen on 192.0.2.1:0: EADDRNOTAVAIL; use another address');
});

test('close() ends open connections and frees the ports', async () => {
  const box = await startBox({ hosts: { 'a.example': { paths: { '/': { endless: true } } } } });
  const pending = exchange(box, 'a.example', '/', 60_000).catch((error: unknown) => error);
  await vi.waitFor(() => expect(box.stats().connections.http.open).toBe(1));
  await box.close();
  await pending;
  expect(box.stats().connections.http.open).toBe(0);
  await expect(exchange(box, 'a.example', '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
