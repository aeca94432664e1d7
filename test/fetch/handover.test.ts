import { expect, onTestFinished, test } from 'vitest';
import type { HostKey } from '../../src/core/samples.ts';
import { Breaker } from '../../src/fetch/breaker/breaker.ts';
import { PendingVerdicts } from '../../src/fetch/breaker/verdicts.ts';
import { Fetcher } from '../../src/fetch/fetcher.ts';
import type { FetchResult } from '../../src/fetch/result.ts';
import type { RowState } from '../../src/fetch/row-state.ts';
import type { FetchSettings } from '../../src/fetch/settings.ts';
import type { WebScript } from '../support/box/answers.ts';
import { useBox } from '../support/box/use-box.ts';
import { fetchSettings } from '../support/fetch-settings.ts';
import { PLACEHOLDER_PORTS } from '../support/servers/ports.ts';

const HERE = 'here.example';
const THERE = 'there.example';
const leadTo = (host: string): string => `http://${host}:${PLACEHOLDER_PORTS.http}/x`;

/** A fetcher for `here.example` and one for every other host; `fetch` requests a page of the former. */
async function useTwoFetchers(script: WebScript, settings: Partial<FetchSettings> = {}) {
  const box = await useBox(script);
  const handovers: RowState[] = [];
  const fail = (error: Error): void => {
    throw error;
  };
  const start = (isOwn: (host: HostKey) => boolean, handOver: (state: RowState) => void): Fetcher => {
    const all = fetchSettings({
      concurrency: 8,
      perHost: 4,
      deadlineMs: 3000,
      resolvers: [box.dns],
      ...settings,
    });
    const verdicts = new PendingVerdicts(new Breaker(fail), () => false);
    const fetcher = new Fetcher({
      settings: all,
      peers: { count: 2, isOwn, handOver, verdicts },
      onBroken: fail,
    });
    onTestFinished(() => fetcher.close());
    return fetcher;
  };
  return {
    box,
    handovers,
    fetch: () =>
      new Promise<FetchResult>((resolve) => {
        const pass = (to: () => Fetcher) => (state: RowState) => {
          const copy = structuredClone(state);
          handovers.push(structuredClone(state));
          void to().resume(copy).then(resolve);
        };
        const here = start(
          (host) => host === HERE,
          pass(() => there),
        );
        const there = start(
          (host) => host !== HERE,
          pass(() => here),
        );
        void here.fetch(box.url(HERE, '/x'), { index: 41 }).then(resolve);
      }),
  };
}

test('a redirect to a host of another fetcher is followed there, and is the same attempt', async () => {
  const { box, fetch, handovers } = await useTwoFetchers({
    hosts: {
      [HERE]: { paths: { '/x': { redirect: leadTo(THERE) } } },
      [THERE]: { paths: { '/x': { body: { text: 'an image' } } } },
    },
  });
  const result = await fetch();
  expect(result).toMatchObject({ ok: true, facts: { attempts: 1, finalUrl: box.url(THERE, '/x') } });
  expect(handovers).toMatchObject([{ index: 41, host: THERE, redirects: 1, attempts: 1, waitMs: 0 }]);
});

test('redirects between fetchers count as one chain', async () => {
  const { box, fetch } = await useTwoFetchers({
    hosts: {
      [HERE]: { paths: { '/x': { redirect: leadTo(THERE) } } },
      [THERE]: { paths: { '/x': { redirect: leadTo(HERE) } } },
    },
  });
  expect(await fetch()).toMatchObject({ ok: false, failure: { code: 'redirect_limit' } });
  const { hosts } = box.stats();
  expect([hosts[HERE]?.requests.total, hosts[THERE]?.requests.total]).toEqual([6, 5]);
});

test('a failure behind a redirect is tried again from the start, in the fetcher where the row began', async () => {
  const { box, fetch, handovers } = await useTwoFetchers(
    {
      hosts: {
        [HERE]: { paths: { '/x': { redirect: leadTo(THERE) } } },
        [THERE]: { paths: { '/x': [{ status: 500 }, { body: { text: 'an image' } }] } },
      },
    },
    { retries: 1 },
  );
  expect(await fetch()).toMatchObject({ ok: true, facts: { attempts: 2 } });
  expect(handovers.map(({ host, attempts, redirects }) => [host, attempts, redirects])).toEqual([
    [THERE, 1, 1],
    [HERE, 1, 0],
    [THERE, 2, 1],
  ]);
  expect(handovers[1]?.waitMs).toBeGreaterThan(0);
  expect(box.stats().dns).toEqual({ [`A ${HERE}`]: 1, [`A ${THERE}`]: 1 });
});

test('an attempt has one deadline across all fetchers', async () => {
  const { fetch } = await useTwoFetchers(
    {
      hosts: {
        [HERE]: { paths: { '/x': { redirect: leadTo(THERE), delayMs: 400 } } },
        [THERE]: { paths: { '/x': { redirect: leadTo(HERE), delayMs: 400 } } },
      },
    },
    { deadlineMs: 1000 },
  );
  expect(await fetch()).toMatchObject({ ok: false, failure: { code: 'deadline' } });
});
