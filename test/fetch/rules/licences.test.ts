import { expect, test } from 'vitest';
import type { RightsPolicy } from '../../../src/core/rights/policies.ts';
import type { HostRecord } from '../../../src/fetch/hosts/host-record.ts';
import type { Answer, HostScript, Reply } from '../../support/box/answers.ts';
import { useBox } from '../../support/box/use-box.ts';
import { outcome } from '../../support/fetch-settings.ts';
import { PLACEHOLDER_PORTS } from '../../support/servers/ports.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const IMAGE: Answer = { body: { image: { width: 4, height: 3, seed: 1 } } };
const [A, B, LICENSOR] = ['a.example', 'b.example', 'licences.example'];
const text = (body: string): Answer => ({ body: { text: body } });
const rsl = (use: string, url = '/'): string =>
  `<rsl xmlns="https://rslstandard.org/rsl"><content url="${url}"><license>${use}</license></content></rsl>`;
const NO = '<prohibits type="usage">ai-train</prohibits>';
/** `{name}` stands for the origin of a host. */
const host = (robots: string, more: HostScript['paths'] = {}): HostScript => ({
  paths: {
    '*': IMAGE,
    '/robots.txt': () => text(robots.replace(/\{(.+?)\}/g, (_, name) => originOf(name))),
    ...more,
  },
});

let originOf = (name: string): string => name;

async function use(hosts: Record<string, HostScript>, policy: RightsPolicy = 'strict') {
  const box = await useBox({ hosts });
  originOf = (name) => new URL(box.url(name, '/')).origin;
  const rights = { policy, files: ['robots.txt'], tokens: [] } as const;
  const fetcherOf = (known: readonly HostRecord[] = []) =>
    useFetcher({ resolvers: [box.dns], retries: 0, rights }, { hosts: known });
  const fetcher = fetcherOf();
  const fetch = (name: string, path = '/x', by = fetcher) => by.fetch(box.url(name, path));
  return { box, fetcher, fetcherOf, fetch, asked: (name: string) => box.stats().hosts[name]?.paths ?? {} };
}

test.each<[string, Reply, string]>([
  ['prohibits training', text(rsl(NO)), 'optout_license'],
  ['permits training', text(rsl('<permits type="usage">ai-train</permits>')), 'ok'],
  ['permits search alone', text(rsl('<permits type="usage">search</permits>')), 'optout_license'],
  ['is about other paths', text(rsl(NO, '/texts/')), 'ok'],
  ['is no RSL', text('<!doctype html><p>x'), 'optout_license'],
  ['is missing', { status: 404 }, 'optout_license'],
  ['cannot be had', { status: 503 }, 'optout_license'],
  ['is elsewhere', { redirect: `http://${LICENSOR}:${PLACEHOLDER_PORTS.http}/l.xml` }, 'ok'],
  ['is larger than 256 KiB', text(`${rsl('')}${' '.repeat(256 * 1024)}`), 'optout_license'],
])('strict, a licence that %s', async (_, license, expected) => {
  const free = { paths: { '/l.xml': text(rsl('<payment type="free"/>')) } };
  const { fetch, asked } = await use({
    [A]: host('License: {a.example}/l.xml', { '/l.xml': license }),
    [LICENSOR]: free,
  });
  const results = await Promise.all(['/x', '/y', '/z'].map((path) => fetch(A, path)));
  expect(results.map(outcome)).toEqual([expected, expected, expected]);
  expect(asked(A)).toMatchObject({ '/robots.txt': 1, '/l.xml': 1 });
});

test.each<[RightsPolicy]>([['standard'], ['record']])(
  'with %s, a licence is recorded and not asked for',
  async (policy) => {
    const { fetch, asked } = await use(
      { [A]: host('License: {a.example}/l.xml', { '/l.xml': text(rsl(NO)) }) },
      policy,
    );
    const result = await fetch(A);
    expect(outcome(result)).toBe('ok');
    expect(result.facts.signals).toMatchObject([{ mechanism: 'rsl', verdict: 'record', scope: 'origin' }]);
    expect(asked(A)['/l.xml']).toBeUndefined();
  },
);

test('one licence of many origins is asked for once, and not again for a day', async () => {
  const names = Array.from({ length: 12 }, (_, at) => `h${at}.example`);
  const robots = 'License: {licences.example}/l.xml';
  const licensor = { paths: { '/l.xml': { ...text(rsl(NO, '/no')), delayMs: 100 } } };
  const { box, fetcher, fetcherOf, fetch, asked } = await use({
    ...Object.fromEntries(names.map((name) => [name, host(robots)])),
    [LICENSOR]: licensor,
  });
  const all = async (by = fetcher) =>
    (await Promise.all(names.flatMap((name) => ['/no', '/yes'].map((path) => fetch(name, path, by))))).map(
      outcome,
    );
  const expected = names.flatMap(() => ['optout_license', 'ok']);
  expect(await all()).toEqual(expected);
  expect(asked(LICENSOR)).toEqual({ '/l.xml': 1 });
  const known = JSON.parse(JSON.stringify(fetcher.hostRecords())) as HostRecord[];
  box.reset();
  expect(await all(fetcherOf(known))).toEqual(expected);
  expect(asked(LICENSOR)).toEqual({});
  // Files of robots.txt that are kept without the licence lead to it as well.
  const without = known.filter((record) => record.host !== LICENSOR);
  expect(await all(fetcherOf(without))).toEqual(expected);
  expect(asked(LICENSOR)).toEqual({ '/l.xml': 1 });
});

test('a licence at a private or unknown address is not reached, and only its origin is refused', async () => {
  const { fetch } = await use({
    [A]: host('License: http://10.0.0.1/l.xml'),
    [B]: host('License: {gone.example}/l.xml\nLicense: mailto:x@a.example'),
    'gone.example': { dns: { rcode: 'NXDOMAIN' } },
    'c.example': host(''),
  });
  const results = await Promise.all([A, B, 'c.example'].map((name) => fetch(name)));
  expect(results.map(outcome)).toEqual(['optout_license', 'optout_license', 'ok']);
});
