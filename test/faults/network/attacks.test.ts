import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fetcher } from '../../../src/fetch/fetcher.ts';
import { fetchSettings, outcome } from '../../support/fetch-settings.ts';
import { useProxyServer } from '../../support/servers/proxy-server.ts';
import { useFetcher } from '../../support/use-fetcher.ts';
import { ATTACKS, type AttackServer, SLOPPY, startAttackServer } from './attack-server.ts';

const TIMEOUT_MS = 300;
const DEADLINE_MS = 1_500;

describe.each([
  ['a hostile server', ATTACKS],
  ['a sloppy server', SLOPPY],
])('%s that', (_kind, attacks) => {
  let server: AttackServer;
  let fetcher: Fetcher;
  beforeAll(async () => {
    server = await startAttackServer(attacks);
    const settings = fetchSettings({ timeoutMs: TIMEOUT_MS, deadlineMs: DEADLINE_MS });
    fetcher = new Fetcher({
      settings,
      onBroken: (error) => {
        throw error;
      },
    });
  });
  afterAll(async () => {
    await fetcher.close();
    await server.close();
  });

  test.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_name, attack) => {
    const startedAt = performance.now();
    const result = await fetcher.fetch(server.url(attack));
    expect(outcome(result)).toBe(attack.code);
    if (result.ok) expect(result.body.toString()).toBe('hello');
    expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS + 8_000);
  });

  // The fetcher is still open: connections are not kept for long for further requests.
  test('did any of this holds none of our connections afterwards', async () => {
    await expect.poll(server.open, { timeout: 10_000 }).toEqual([]);
  });
});

describe('through a proxy, answers that are not valid HTTP are read as well, from a server that', () => {
  let server: AttackServer;
  beforeAll(async () => {
    server = await startAttackServer(SLOPPY);
  });
  afterAll(() => server.close());
  const limits = { resolvers: [], timeoutMs: TIMEOUT_MS, deadlineMs: DEADLINE_MS };

  test.each(SLOPPY.map((attack) => [attack.name, attack] as const))('%s', async (_name, attack) => {
    const url = new URL(server.url(attack));
    const isTunnel = attack.scheme === 'https';
    // The server answers whatever it is asked, so for http it can itself be the proxy that passes such an answer on.
    const proxy = isTunnel
      ? `http://127.0.0.1:${(await useProxyServer({ lookUp: () => url.hostname })).port}`
      : url.origin;
    const ports = [80, Number(url.port)];
    const fetcher = useFetcher({ ...limits, proxy, ports });
    const result = await fetcher.fetch(
      isTunnel ? `https://a.example:${url.port}/` : 'http://a.example/x.jpg',
    );
    expect(outcome(result)).toBe(attack.code);
  });
});
