import { expect, onTestFinished, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { ConnectionShares } from '../../../src/fetch/hosts/connections/connection-shares.ts';
import { createHostBook } from '../../../src/fetch/hosts/host-book.ts';
import { NO_PACE } from '../../../src/fetch/hosts/host-news.ts';
import { Frontier } from '../../../src/fetch/schedule/frontier.ts';
import type { QueuedRow } from '../../../src/fetch/schedule/host-queue.ts';
import { RunLimits } from '../../../src/fetch/schedule/run-limits.ts';
import { SharedHosts } from '../../../src/fetch/schedule/shared-hosts.ts';
import { steadyNow } from '../../../src/util/clock.ts';

const [A, B, C] = ['a.example', 'b.example', 'c.example'] as [HostKey, HostKey, HostKey];
const FOREVER = Number.POSITIVE_INFINITY;

test('hosts that get connections keep the order of their rows; rows of a host that is closed end', async () => {
  const shares = new ConnectionShares();
  const book = createHostBook({ perHost: 16, perHostRate: null, shares }, []);
  const [started, refused, ends] = [[] as number[], [] as number[], [] as (() => void)[]];
  const frontier = new Frontier<QueuedRow>({
    concurrency: 1,
    book,
    limits: new RunLimits({ rate: null, bandwidth: null }),
    run: async ({ order }, host, visit) => {
      started.push(order);
      await new Promise<void>((resolve) => ends.push(resolve));
      host.learn(visit, `http://${host.name}/${order}`, { kind: 'answered' }, steadyNow());
    },
    refuse: ({ order }) => refused.push(order),
  });
  onTestFinished(() => frontier.stop());
  const pool = { hosts: [], openTo: () => 0, trim: () => {} };
  const shared = new SharedHosts({ shares, book, frontier, pool, now: steadyNow });
  const share = (...hosts: HostKey[]): void => {
    const leases = new Map(hosts.map((host) => [host, { count: 1, until: FOREVER }]));
    shared.share({ generation: 1, base: 0, baseUntil: FOREVER, leases, machines: 2 });
  };
  const end = async (): Promise<void> => {
    ends.shift()?.();
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  for (const [order, host] of [C, A, B].entries()) frontier.add({ host, order });
  expect(started).toEqual([]);
  share(C);
  share(C, A, B);
  await end();
  expect(started).toEqual([0, 1]);
  const closed = { code: 'host_throttled', cause: 'http_429', until: FOREVER } as const;
  shared.hear([{ host: B, paused: null, closed, deaths: 0, pace: NO_PACE, users: 0 }]);
  expect(refused).toEqual([2]);
});
