import { describe, expect, test } from 'vitest';
import type { WebScript } from '../../support/box/answers.ts';
import { useBox } from '../../support/box/use-box.ts';
import { outcome } from '../../support/fetch-settings.ts';
import { useCanary } from '../../support/servers/canary.ts';
import { useProxyServer } from '../../support/servers/proxy-server.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const TEXT = { body: { text: 'hello' } };
const SCRIPT: WebScript = { hosts: { '*': { paths: { '*': TEXT } } } };
const BASIC = `Basic ${Buffer.from('me:p@ss:word').toString('base64')}`;

/** A web that only the proxy can reach: the fetcher has no name server. */
async function useProxiedWeb(script = SCRIPT, credentials?: string) {
  const box = await useBox(script);
  const proxy = await useProxyServer({
    lookUp: (host) => (host === 'gone.example' ? null : '127.0.0.1'),
    ...(credentials === undefined ? {} : { credentials }),
  });
  const ports = [box.ports.http, box.ports.https];
  const settings = { resolvers: ['127.0.0.1:1'], ports, allowPrivate: [] };
  return { box, proxy, settings };
}

describe('Fetcher with a proxy', () => {
  test('sends the whole URL for http, opens a tunnel for https, and sends credentials only to the proxy', async () => {
    const { box, proxy, settings } = await useProxiedWeb(SCRIPT, BASIC);
    const fetcher = useFetcher({ ...settings, proxy: `http://me:p%40ss%3Aword@127.0.0.1:${proxy.port}` });
    const urls = [box.url('a.example', '/1?x=y'), box.url('b.example', '/2', 'https')];
    for (const url of urls) expect(outcome(await fetcher.fetch(url))).toBe('ok');
    expect(proxy.asked).toEqual([`GET ${urls[0]}`, `CONNECT b.example:${box.ports.https}`]);
    expect([...proxy.credentials]).toEqual([BASIC]);
    const { 'a.example': a, 'b.example': b } = box.stats().hosts;
    expect([a?.paths, b?.paths]).toEqual([{ '/1?x=y': 1 }, { '/2': 1 }]);
    expect([a?.headers['proxy-authorization'], b?.headers['proxy-authorization']]).toEqual([
      undefined,
      undefined,
    ]);
    expect(a?.headers['host']).toEqual([`a.example:${box.ports.http}`]);
    expect(box.stats().dns).toEqual({});
  });

  test('verifies certificates behind a tunnel', async () => {
    const { box, proxy, settings } = await useProxiedWeb();
    const fetcher = useFetcher({ ...settings, insecureTls: false, proxy: `http://127.0.0.1:${proxy.port}` });
    expect(outcome(await fetcher.fetch(box.url('a.example', '/', 'https')))).toBe('tls_certificate');
  });

  test('checks literal addresses, ports and names of private networks itself', async () => {
    const { proxy, settings } = await useProxiedWeb();
    const canary = await useCanary('127.0.0.1', '::1');
    const fetcher = useFetcher({
      ...settings,
      ports: [canary.port],
      proxy: `http://127.0.0.1:${proxy.port}`,
    });
    const hosts = [
      '127.0.0.1',
      '127.1',
      '[::1]',
      '[::ffff:7f00:1]',
      '169.254.169.254',
      'localhost',
      'nas.lan',
      'intranet',
    ];
    for (const scheme of ['http', 'https']) {
      for (const host of hosts) {
        expect(outcome(await fetcher.fetch(`${scheme}://${host}:${canary.port}/`))).toBe('address_refused');
      }
      expect(outcome(await fetcher.fetch(`${scheme}://a.example:22/`))).toBe('port_refused');
    }
    expect([proxy.accepted(), canary.accepted()]).toEqual([0, 0]);
  });

  test('reports a host that the proxy does not reach', async () => {
    const { box, proxy, settings } = await useProxiedWeb();
    const fetcher = useFetcher({ ...settings, proxy: `http://127.0.0.1:${proxy.port}` });
    // A host that answers shows that the proxy works.
    expect(outcome(await fetcher.fetch(box.url('a.example', '/', 'https')))).toBe('ok');
    expect(outcome(await fetcher.fetch(box.url('b.example', '/', 'https')))).toBe('ok');
    expect(await fetcher.fetch(box.url('gone.example', '/', 'https'))).toMatchObject({
      failure: { code: 'proxy_refused', message: 'the proxy could not connect to the host (HTTP 502)' },
    });
    expect(outcome(await fetcher.fetch(box.url('gone.example', '/')))).toBe('proxy_refused');
  });

  test('never opens more connections to a host than allowed', async () => {
    const { box, proxy, settings } = await useProxiedWeb({
      hosts: { '*': { paths: { '*': { ...TEXT, delayMs: 2 } } } },
    });
    const fetcher = useFetcher({ ...settings, perHost: 3, proxy: `http://127.0.0.1:${proxy.port}` });
    const rows = Array.from({ length: 60 }, (_, i) =>
      fetcher.fetch(box.url('a.example', `/${i}`, i % 2 ? 'http' : 'https')),
    );
    expect((await Promise.all(rows)).every((result) => result.ok)).toBe(true);
    expect(box.stats().hosts['a.example']?.requests.peak).toBeLessThanOrEqual(3);
  });
});
