import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Fetcher } from '../../../src/fetch/fetcher.ts';
import { fetchSettings, outcome } from '../../support/fetch-settings.ts';
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
    expect(performance.now() - startedAt).toBeLessThan(DEADLINE_MS + 1_000);
  });

  // The fetcher is still open: connections are not kept for long for further requests.
  test('did any of this holds none of our connections afterwards', async () => {
    await expect.poll(server.open, { timeout: 10_000 }).toEqual([]);
  });
});
