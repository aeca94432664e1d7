import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ShardJob } from '../../../src/broker/interface/broker.ts';
import { BrokerSilence } from '../../../src/run/queue/broker-silence.ts';
import { type PlanRequest, planRun } from '../../../src/run/queue/plan-run.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a queue that takes long to fill is not taken for one that is silent', async () => {
  const said: string[] = [];
  const silence = new BrokerSilence({ address: '', waitMs: 5_000, tell: (message) => said.push(message) });
  const added: ShardJob[] = [];
  const queue = {
    counts: async () => ({ waiting: 0, active: 0, setAside: 0 }),
    forgetSetAside: async () => {},
    // A millisecond for each.
    add: async (jobs: readonly ShardJob[]) => {
      await new Promise((resolve) => setTimeout(resolve, jobs.length));
      added.push(...jobs);
    },
  };
  const plan = { output: 'out', fileRows: [9_999], shards: 9_999, plannedAt: 1, isFilled: true };
  const request = {
    broker: { queue, plan: async () => plan, setPlan: async () => {} },
    ...{ silence, options: { numberSamplePerShard: 1 }, firstShard: 0, done: new Set([7]), output: 'out' },
  };
  const planned = planRun(request as unknown as PlanRequest);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await planned).toEqual([9_999]);
  expect(added.map(({ shard }) => shard)).toEqual([...Array(9_999).keys()].filter((shard) => shard !== 7));
  expect(said).toEqual([]);
});

test.each([
  [true, 'adds none if all were added', []],
  [false, 'adds all again if the one before has ended while it added them', [0, 1, 2]],
])('a machine that comes to a run with shards, all added: %s, %s', async (isFilled, _, expected) => {
  const silence = new BrokerSilence({ address: '', waitMs: 5_000, tell: () => {} });
  const added: ShardJob[] = [];
  const plans: unknown[] = [{ output: 'out', fileRows: [3], shards: 3, plannedAt: 1, isFilled }];
  const broker = {
    queue: {
      counts: async () => ({ waiting: 1, active: 0, setAside: 0 }),
      forgetSetAside: async () => {},
      add: async (jobs: readonly ShardJob[]) => {
        expect(plans.at(-1)).toMatchObject({ isFilled: false });
        added.push(...jobs);
      },
    },
    plan: async () => plans.at(-1),
    setPlan: async (plan: unknown) => void plans.push(plan),
  };
  const request = { broker, silence, options: { numberSamplePerShard: 1 }, firstShard: 0, done: new Set() };
  expect(await planRun(request as unknown as PlanRequest)).toEqual([3]);
  expect(added.map(({ shard }) => shard)).toEqual(expected);
  expect(plans.at(-1)).toMatchObject({ isFilled: true, plannedAt: 1 });
});
