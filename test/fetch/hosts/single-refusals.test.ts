import { describe, expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { Host } from '../../../src/fetch/hosts/host.ts';
import type { HostEvent } from '../../../src/fetch/hosts/host-event.ts';
import type { HostSignal } from '../../../src/fetch/hosts/host-signal.ts';

const GOOD: HostSignal = { kind: 'answered' };
const UNAVAILABLE: HostSignal = { kind: 'refused', status: 503, retryAfterMs: null };

/** What a host tells of while it answers one request a second with these signals. */
function eventsOf(signals: readonly HostSignal[]): HostEvent['kind'][] {
  const events: HostEvent['kind'][] = [];
  const name = 'a.example' as HostKey;
  const host = new Host(name, { perHost: 16, intervalMs: 0, onEvent: ({ kind }) => events.push(kind) });
  for (const [second, signal] of signals.entries()) {
    host.learn(host.begin(second * 1000), `/${second}`, signal, second * 1000 + 100);
    host.leave();
  }
  return events;
}

const times = (count: number, signal: HostSignal): HostSignal[] =>
  Array.from({ length: count }, () => signal);

describe('a 503 without Retry-After', () => {
  test('among good answers costs the host neither connections nor a pause', () => {
    const signals = Array.from({ length: 300 }, (_, row) => (row % 12 === 11 ? UNAVAILABLE : GOOD));
    expect(eventsOf(signals)).toEqual([]);
  });

  test('pauses the host when it is the third in a row', () => {
    expect(eventsOf([...times(20, GOOD), ...times(2, UNAVAILABLE)])).not.toContain('paused');
    expect(eventsOf([...times(20, GOOD), ...times(3, UNAVAILABLE)])).toContain('paused');
  });

  test('costs the host connections when every fourth answer is one', () => {
    const signals = Array.from({ length: 300 }, (_, row) => (row % 4 === 3 ? UNAVAILABLE : GOOD));
    expect(eventsOf(signals)).toContain('connection-limit-lowered');
  });

  test('pauses a host that has not answered well', () => {
    expect(eventsOf([UNAVAILABLE])).toContain('paused');
  });

  test.each<HostSignal>([
    { kind: 'refused', status: 503, retryAfterMs: 1_000 },
    { kind: 'refused', status: 429, retryAfterMs: null },
  ])('among good answers, unlike $status with Retry-After $retryAfterMs', (signal) => {
    expect(eventsOf([...times(20, GOOD), signal])).toContain('paused');
  });
});
