import { expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { Host } from '../../../src/fetch/hosts/host.ts';

const answered = { kind: 'answered' } as const;

test('a host with a limit below 1 gets one request, and then rests for the remaining share of the time', () => {
  const host = new Host('a.example' as HostKey, { perHost: 0.8, intervalMs: 0 });
  expect(host.connectionLimit(0)).toBe(1);
  const visit = host.begin(1_000);
  host.learn(visit, 'http://a.example/1', answered, 1_400);
  host.leave();
  expect(host.opensAt).toBeCloseTo(1_500);
});

test('a host with a limit from 1 on does not rest', () => {
  const host = new Host('a.example' as HostKey, { perHost: 1, intervalMs: 0 });
  const visit = host.begin(1_000);
  host.learn(visit, 'http://a.example/1', answered, 1_400);
  expect(host.opensAt).toBeLessThanOrEqual(1_400);
});
