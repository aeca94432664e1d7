import { describe, expect, test } from 'vitest';
import { createAddressPolicy } from '../../../src/fetch/connect/addresses.ts';
import { createDialler } from '../../../src/fetch/connect/dial.ts';
import { DnsCache } from '../../../src/fetch/connect/dns.ts';
import type { DnsAnswer, HostScript } from '../../support/box/answers.ts';
import { useBox } from '../../support/box/use-box.ts';
import { outcome } from '../../support/fetch-settings.ts';
import { type Canary, useCanary } from '../../support/servers/canary.ts';
import { allowOnlyLoopback } from '../../support/servers/only-loopback.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

/** Addresses that no index may reach. All of 127.0.0.0/8, `::1` and the unspecified ones lead to the canary. */
const FORBIDDEN = [
  // This machine.
  '127.0.0.1',
  '127.0.1.1',
  '127.1.2.3',
  '127.255.255.254',
  '0.0.0.0',
  '0.1.2.3',
  '0.255.255.255',
  '::',
  '::1',
  // Private networks.
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '192.168.255.255',
  '169.254.0.1',
  'fc00::1',
  'fdff:ffff::1',
  'fe80::1',
  'febf::1',
  'fec0::1',
  // Cloud metadata services.
  '169.254.169.254',
  '169.254.170.2',
  '169.254.169.123',
  'fd00:ec2::254',
  'fd20:ce::254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  // Multicast, broadcast, unspecified.
  '192.0.0.1',
  '192.0.0.170',
  '192.0.2.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.88.99.1',
  '192.175.48.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.254',
  '255.255.255.255',
  '100::1',
  '100:0:0:1::1',
  '2001:2::1',
  '2001:10::1',
  '2001:20::1',
  '2001:db8::1',
  '3fff::1',
  '5f00::1',
  'ff02::1',
  'ff0e::1',
  // IPv4 inside IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:0.0.0.0',
  '::127.0.0.1',
  '::a9fe:a9fe',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::169.254.169.254',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::127.0.0.1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2001:0:7f00:1::1',
];

/** Other spellings of hosts in URLs. */
const SPELLINGS = [
  '127.1',
  '127.0.1',
  '0x7f.1',
  '0x7f000001',
  '0177.0.0.1',
  '017700000001',
  '2130706433',
  '0',
  '0x0',
  '00.0',
  '127.0.0.1.',
  '１２７.０.０.１',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127%2e0%2e0%2e1',
  '%31%32%37.0.0.1',
  'user:secret@127.0.0.1',
  '1.1.1.1@127.0.0.1',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::127.0.0.1]',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
];

/** Names of this machine and of private networks. */
const PRIVATE_NAMES = [
  'localhost',
  'LOCALHOST.',
  'localhost..',
  'ⓛocalhost',
  'lo%63alhost',
  'a.localhost',
  'printer.local',
  'metadata.google.internal',
  'db.corp',
  'router.home.arpa',
  'nas.lan',
  'facebookwkhpilnemxj7asaniu7vnjjbiltxjqhye3mhbshg7kx5tfyd.onion',
  'metadata',
];

/** A public address; `allowOnlyLoopback` prevents any real connection to it. */
const PUBLIC = '93.184.216.34';
const BOX = '127.9.9.9';

const toHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const toAnswer = (address: string): DnsAnswer =>
  address.includes(':') ? { a: [], aaaa: [address] } : { a: [address], ttlSeconds: 0 };

/** A name with a public address when it is checked, and a forbidden one a moment later. */
const rebinding = (address: string): HostScript => ({
  dns: [{ ...toAnswer(address), a: [PUBLIC] }, toAnswer(address)],
});

const useLoopbackCanary = (): Promise<Canary> =>
  useCanary('127.0.0.1', '127.0.1.1', '127.1.2.3', '127.255.255.254', '::1');

/** A fetcher that may reach only the box, on the ports of the canary and the box. */
async function useGuardedWeb(hosts: Record<string, HostScript>) {
  const stopped = allowOnlyLoopback();
  const canary = await useLoopbackCanary();
  const box = await useBox({ hosts }, { addresses: [BOX] });
  const ports = [canary.port, box.ports.http];
  const fetcher = useFetcher({ resolvers: [box.dns], allowPrivate: [`${BOX}/32`], ports });
  const fetchAll = async (urls: readonly string[]) =>
    Promise.all(urls.map(async (url) => [url, outcome(await fetcher.fetch(url))]));
  return { box, canary, fetcher, stopped, fetchAll };
}

const allEndAs = (urls: readonly string[], code: string) => urls.map((url) => [url, code]);

describe('the address guard', () => {
  test('has a matrix of enough addresses, none of them twice', () => {
    expect(new Set([...FORBIDDEN, ...SPELLINGS]).size).toBe(FORBIDDEN.length + SPELLINGS.length);
    expect(FORBIDDEN.length).toBeGreaterThanOrEqual(60);
  });

  test('has a canary that notices connections to loopback in any spelling', async () => {
    const { canary, fetchAll, stopped } = await useGuardedWeb({});
    const careless = useFetcher({ resolvers: [], allowPrivate: ['0.0.0.0/0', '::/0'] });
    const spellings = [
      '127.1',
      '0',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '127.1.2.3',
      'localhost',
      '1.2.3.4',
    ];
    for (const host of spellings) await careless.fetch(`http://${host}:${canary.port}/`);
    expect(canary.accepted()).toBe(7);
    expect(stopped).toEqual(['1.2.3.4']);
    await fetchAll([]);
  });

  test('refuses forbidden addresses as literals in the index', async () => {
    const { canary, stopped, fetchAll, box } = await useGuardedWeb({});
    const urls = [...FORBIDDEN.map(toHost), ...SPELLINGS].map(
      (host) => `http://${host}:${canary.port}/x.jpg`,
    );
    expect(await fetchAll(urls)).toEqual(allEndAs(urls, 'address_refused'));
    expect([canary.accepted(), stopped, box.stats().dns]).toEqual([0, [], {}]);
  });

  test('refuses names of private networks without asking a name server', async () => {
    const canary = await useLoopbackCanary();
    const stopped = allowOnlyLoopback();
    const box = await useBox({ hosts: {} });
    const fetcher = useFetcher({ resolvers: [box.dns], allowPrivate: [], ports: [canary.port] });
    for (const name of PRIVATE_NAMES) {
      expect([name, outcome(await fetcher.fetch(`http://${name}:${canary.port}/`))]).toEqual([
        name,
        'address_refused',
      ]);
    }
    expect([canary.accepted(), stopped, box.stats().dns]).toEqual([0, [], {}]);
  });

  test('lets such a name lead only to an allowed private network', async () => {
    const { box, fetcher, stopped } = await useGuardedWeb({
      'nas.lan': { paths: { '/': { body: { text: 'mine' } } } },
      'out.lan': { dns: { a: [PUBLIC] } },
    });
    expect(outcome(await fetcher.fetch(box.url('nas.lan', '/')))).toBe('ok');
    expect(outcome(await fetcher.fetch(box.url('out.lan', '/')))).toBe('address_refused');
    expect(stopped).toEqual([]);
  });

  test('refuses them over TLS', async () => {
    const { canary, stopped, fetchAll } = await useGuardedWeb({});
    const urls = FORBIDDEN.map((address) => `https://${toHost(address)}:${canary.port}/x.jpg`);
    expect(await fetchAll(urls)).toEqual(allEndAs(urls, 'address_refused'));
    expect([canary.accepted(), stopped]).toEqual([0, []]);
  });

  test('refuses them as answers of a name server', async () => {
    const hosts = FORBIDDEN.map((address, i): [string, HostScript] => [
      `a${i}.example`,
      { dns: toAnswer(address) },
    ]);
    const { canary, stopped, fetchAll } = await useGuardedWeb(Object.fromEntries(hosts));
    const urls = hosts.map(([host]) => `http://${host}:${canary.port}/x.jpg`);
    expect(await fetchAll(urls)).toEqual(allEndAs(urls, 'address_refused'));
    expect([canary.accepted(), stopped]).toEqual([0, []]);
  });

  test('refuses them as targets of redirects, by literal and by name', async () => {
    let port = 0;
    // A header is Latin-1.
    const spellings = SPELLINGS.filter((host) => /^[ -~]+$/.test(host));
    const to = [...FORBIDDEN.map(toHost), ...spellings, ...FORBIDDEN.map((_, i) => `a${i}.example`)];
    const names = FORBIDDEN.map((address, i): [string, HostScript] => [
      `a${i}.example`,
      { dns: toAnswer(address) },
    ]);
    const { canary, stopped, fetchAll, box } = await useGuardedWeb({
      ...Object.fromEntries(names),
      'from.example': {
        paths: { '*': ({ path }) => ({ redirect: `http://${to[Number(path.slice(1))]}:${port}/` }) },
      },
    });
    port = canary.port;
    const urls = to.map((_, i) => box.url('from.example', `/${i}`));
    expect(await fetchAll(urls)).toEqual(allEndAs(urls, 'address_refused'));
    expect([canary.accepted(), stopped]).toEqual([0, []]);
  });

  test('contacts only the public addresses of a mixed answer', async () => {
    const mixed = (address: string): DnsAnswer =>
      address.includes(':')
        ? { a: [], aaaa: [address, '2606:4700::1111', address] }
        : { a: [address, PUBLIC, address] };
    const hosts = FORBIDDEN.map((address, i): [string, HostScript] => [
      `a${i}.example`,
      { dns: mixed(address) },
    ]);
    const { canary, stopped, fetchAll } = await useGuardedWeb(Object.fromEntries(hosts));
    const urls = hosts.map(([host]) => `http://${host}:${canary.port}/x.jpg`);
    // Refused by the guard of the test: the public address was dialled, once for each name.
    expect(await fetchAll(urls)).toEqual(allEndAs(urls, 'connect_refused'));
    expect(canary.accepted()).toBe(0);
    expect(stopped).toHaveLength(FORBIDDEN.length);
    expect(new Set(stopped)).toEqual(new Set([PUBLIC, '2606:4700::1111']));
  });

  test('contacts the address that it checked, even if the name server gives another a moment later', async () => {
    const hosts = FORBIDDEN.map((address, i): [string, HostScript] => [`a${i}.example`, rebinding(address)]);
    const { canary, stopped, fetchAll, box } = await useGuardedWeb(Object.fromEntries(hosts));
    const urls = hosts.map(([host]) => `http://${host}:${canary.port}/x.jpg`);
    expect(await fetchAll(urls)).toEqual(allEndAs(urls, 'connect_refused'));
    expect(await fetchAll(urls)).toEqual(allEndAs(urls, 'connect_refused'));
    expect(canary.accepted()).toBe(0);
    expect(new Set(stopped)).toEqual(new Set([PUBLIC]));
    expect(new Set(Object.values(box.stats().dns))).toEqual(new Set([1]));
  });

  test('checks a name again when its answer has expired', async () => {
    const stopped = allowOnlyLoopback();
    const canary = await useLoopbackCanary();
    const hosts = FORBIDDEN.map((address, i): [string, HostScript] => [`a${i}.example`, rebinding(address)]);
    const box = await useBox({ hosts: Object.fromEntries(hosts) }, { addresses: [BOX] });
    let now = 0;
    const dns = new DnsCache({ servers: [box.dns], timeoutMs: 5000, now: () => now });
    const policy = createAddressPolicy([]);
    const dial = createDialler({ dns, policy, ports: [canary.port], timeoutMs: 1000, insecureTls: true });
    const dialAll = () =>
      Promise.all(
        hosts.map(
          ([hostname]) =>
            new Promise((resolve) => {
              const options = { hostname, protocol: 'http:', port: String(canary.port) };
              dial(options, (...[error]) => resolve(error !== null && 'code' in error ? error.code : error));
            }),
        ),
      );
    expect(new Set(await dialAll())).toEqual(new Set(['ECONNREFUSED']));
    now += 3_600_001;
    expect(new Set(await dialAll())).toEqual(new Set(['address_refused']));
    expect(canary.accepted()).toBe(0);
    expect(new Set(stopped)).toEqual(new Set([PUBLIC]));
  });
});
