import { expect, test } from 'vitest';
import type { NewsCall, ReadNewsItem } from '../../../src/broker/interface/broker.ts';
import type { HostKey } from '../../../src/core/samples.ts';
import { queueStatusText } from '../../../src/report/queue/queue-status.ts';
import { knownHosts } from '../../../src/run/queue/news/known-hosts.ts';

const item = (machine: string, host: string, said: object, ageMs = 0): ReadNewsItem => ({
  ...{ machine, host: host as HostKey },
  ...{ text: JSON.stringify(said), ageMs },
});
const dead = (forMs: number) => ({ closed: { code: 'host_dead', cause: 'timeout', forMs } });

const ALL = [
  item('one', 'dead.example', dead(1_800_000)),
  item('two', 'dead.example', dead(1_800_000), 60_000),
  item('one', 'over.example', dead(1_000), 2_000),
  item(
    'one',
    'slow.example',
    { paused: { status: 429, forMs: 9_000 }, intervalMs: 500, isUsed: true },
    4_000,
  ),
  item('two', 'slow.example', { intervalMs: 400, isUsed: true }),
  item('one', 'delay.example', { isUsed: true }),
];

test('status shows what machines know of hosts, those that are left alone for longest first', async () => {
  // In parts, as a broker gives it.
  const passNews = async ({ since }: NewsCall) => ({
    until: since + 4,
    hasMore: since === 0,
    read: ALL.slice(since, since + 4),
  });
  const known = await knownHosts({ passNews });
  expect(known).toEqual([
    {
      host: 'dead.example',
      closed: { code: 'host_dead', cause: 'timeout', seconds: 1_800, machines: 2 },
      paused: null,
      requestsPerSecond: null,
    },
    { host: 'slow.example', closed: null, paused: { status: 429, seconds: 5 }, requestsPerSecond: 2 },
  ]);
  const shards = { all: 1, done: 0, active: 1, waiting: 0 };
  const run = {
    run: 'f'.repeat(64),
    output: 'out',
    shards,
    setAside: [],
    state: 'running',
    machines: [],
    hosts: [],
  } as const;
  expect(queueStatusText([{ ...run, knownHosts: known }], 'redis://')).toContain(
    [
      '  2 hosts closed, paused or slow',
      '    dead.example: dead (timeout), 2 machines found so, asked again in 30m',
      '    slow.example: 429, left alone for 5s, 2.00 requests/s',
    ].join('\n'),
  );
});
