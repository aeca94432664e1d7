import { expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import type { HostChange } from '../../../src/fetch/hosts/host-event.ts';
import { HostTally } from '../../../src/run/engine/host-tally.ts';

test('a host counts once in each group, however often its treatment changes', () => {
  const tally = new HostTally();
  const add = (host: string, change: HostChange): void =>
    tally.add({ host: host as HostKey, ...change }, 5000);
  add('gone.example', { kind: 'closed', code: 'host_dead', cause: 'timeout', forMs: 1000 });
  for (const host of ['busy.example', 'full.example', 'busy.example']) {
    add(host, { kind: 'paused', status: 503, pauseMs: 1000 });
    add(host, { kind: 'rate-limited', requestsPerSecond: 2 });
  }
  add('full.example', { kind: 'closed', code: 'host_throttled', cause: 'http_429', forMs: 1000 });
  add('full.example', { kind: 'connection-limit-lowered', connections: 2 });
  expect(tally.counts).toEqual({ dead: 1, throttled: 2, limited: 1 });
  expect(tally.throttledUntil).toBe(6000);
});
