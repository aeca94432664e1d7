import { expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { Host } from '../../../src/fetch/hosts/host.ts';
import type { HostEvent } from '../../../src/fetch/hosts/host-event.ts';
import type { HostSignal } from '../../../src/fetch/hosts/host-signal.ts';

const HOST = 'a.example' as HostKey;

/** A host, and the events that it tells of. `answer` ends one request at the given moment. */
function useHost() {
  const events: HostEvent[] = [];
  const host = new Host(HOST, { perHost: 16, intervalMs: 0, onEvent: (event) => events.push(event) });
  let requests = 0;
  const answer = (signal: HostSignal, now: number): void => {
    const visit = host.begin(now);
    requests += 1;
    host.learn(visit, `http://${HOST}/${requests}`, signal, now + 100);
    host.leave();
  };
  return { host, events, answer };
}

test('a host that answers well tells of nothing', () => {
  const { events, answer } = useHost();
  for (let second = 0; second < 100; second += 1) answer({ kind: 'answered' }, second * 1000);
  expect(events).toEqual([]);
});

test('a 429 tells of the lower connection limit, the rate limit and the pause', () => {
  const { events, answer } = useHost();
  answer({ kind: 'refused', status: 429, retryAfterMs: 7_000 }, 0);
  expect(events).toEqual([
    { host: HOST, kind: 'connection-limit-lowered', connections: 1 },
    { host: HOST, kind: 'rate-limited', requestsPerSecond: 2 },
    { host: HOST, kind: 'paused', status: 429, pauseMs: 7_000 },
  ]);
  expect(structuredClone(events)).toEqual(events);
});

test('a 503 without Retry-After tells of no rate limit', () => {
  const { events, answer } = useHost();
  answer({ kind: 'refused', status: 503, retryAfterMs: null }, 0);
  expect(events.map(({ kind }) => kind)).toEqual(['connection-limit-lowered', 'paused']);
});

test('refusals of requests that were under way tell of nothing more', () => {
  const { host, events } = useHost();
  const visits = [host.begin(0), host.begin(0)];
  for (const visit of visits) {
    host.learn(visit, `http://${HOST}/`, { kind: 'refused', status: 429, retryAfterMs: null }, 100);
  }
  expect(events.filter(({ kind }) => kind === 'paused').length).toBe(1);
});

test('a host that asks for more than 15 minutes tells that it is closed as throttled, and for how long', () => {
  const { events, answer } = useHost();
  answer({ kind: 'refused', status: 503, retryAfterMs: 3_600_000 }, 0);
  expect(events.at(-1)).toEqual({
    host: HOST,
    kind: 'closed',
    code: 'host_throttled',
    cause: 'http_503',
    forMs: 3_600_000,
  });
});

test('a dead host tells once that it is closed, and why', () => {
  const { events, answer } = useHost();
  for (let second = 0; second < 3; second += 1)
    answer({ kind: 'unreached', code: 'connect_refused' }, second * 1000);
  expect(events).toEqual([
    { host: HOST, kind: 'closed', code: 'host_dead', cause: 'connect_refused', forMs: 1_800_000 },
  ]);
});
