import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { AddressLimit } from '../../../src/fetch/schedule/address-limit.ts';
import { useBox } from '../../support/box/use-box.ts';
import { outcome } from '../../support/fetch-settings.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const IMAGE = { body: { fixture: 'images/tiny.jpg' } };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('rows that wait for an address take no place of rows for another', async () => {
  const hosts = Object.fromEntries(
    Array.from({ length: 24 }, (_, i) => [
      `slow${i}.example`,
      { dns: { a: ['127.0.0.2'] }, paths: { '*': { ...IMAGE, delayMs: 1_000 } } },
    ]),
  );
  const box = await useBox(
    { hosts: { ...hosts, '*': { dns: { a: ['127.0.0.1'] }, paths: { '*': IMAGE } } } },
    { addresses: ['127.0.0.1', '127.0.0.2'] },
  );
  const fetcher = useFetcher({
    resolvers: [box.dns],
    perAddress: 4,
    concurrency: 8,
    timeoutMs: 10_000,
    deadlineMs: 30_000,
  });
  let slowDone = 0;
  const slow = Object.keys(hosts).map(async (host) => {
    const result = await fetcher.fetch(box.url(host, '/'));
    slowDone += 1;
    return outcome(result);
  });
  const fast = Array.from({ length: 100 }, async (_, i) =>
    outcome(await fetcher.fetch(box.url(`h${i % 25}.example`, `/${i}`))),
  );
  expect(new Set(await Promise.all(fast))).toEqual(new Set(['ok']));
  expect(slowDone).toBeLessThan(12);
  expect(new Set(await Promise.all(slow))).toEqual(new Set(['ok']));
});

test('a name that does not resolve ends as without the limit', async () => {
  const box = await useBox({ hosts: { 'gone.example': { dns: { rcode: 'NXDOMAIN' } } } });
  const fetcher = useFetcher({
    resolvers: [box.dns],
    perAddress: 1,
    allowPrivate: [],
    ports: [box.ports.http],
  });
  expect(outcome(await fetcher.fetch(box.url('gone.example', '/')))).toBe('dns_not_found');
  expect(outcome(await fetcher.fetch(box.url('private.example', '/')))).toBe('address_refused');
});

test('no address has more places than allowed, and every host gets its turn (property)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.record({ host: fc.integer({ min: 0, max: 5 }), gone: fc.boolean() }), { maxLength: 40 }),
      async (perAddress, requests) => {
        // Hosts 0 to 3 have one address, of which host 3 has two; host 4 has its own; host 5 has none.
        const lookUp = async (host: HostKey) => {
          if (host === '5') return { code: 'dns_failed' as const };
          return host === '4' ? ['b'] : host === '3' ? ['a', 'b'] : ['a'];
        };
        const limit = new AddressLimit({ perAddress, lookUp });
        const taken = new Map<unknown, number>();
        let served = 0;
        const serve = async (host: HostKey): Promise<void> => {
          const address = limit.addressOf(host);
          if (typeof address === 'string') {
            taken.set(address, (taken.get(address) ?? 0) + 1);
            expect(taken.get(address)).toBeLessThanOrEqual(perAddress);
          }
          await settle();
          served += 1;
          if (typeof address === 'string') taken.set(address, (taken.get(address) ?? 0) - 1);
          limit.leave(host);
        };
        for (const { host, gone } of requests) {
          const name = String(host) as HostKey;
          const granted = (): boolean => {
            if (gone) served += 1;
            else void serve(name);
            return !gone;
          };
          if (limit.enter(name, granted)) void serve(name);
        }
        for (let turn = 0; turn < 60 && served < requests.length; turn += 1) await settle();
        expect(served).toBe(requests.length);
      },
    ),
    { numRuns: 100 },
  );
});
