import { expect, onTestFinished, test, vi } from 'vitest';
import type { TakenJob } from '../../../src/broker/interface/broker.ts';
import type { ShardId } from '../../../src/core/samples.ts';
import { Tally } from '../../../src/run/engine/tally.ts';
import { BrokerSilence } from '../../../src/run/queue/broker-silence.ts';
import { QueueRun, type QueueRunOptions } from '../../../src/run/queue/queue-run.ts';

const nothing = async (): Promise<void> => {};

interface Given {
  readonly shard: number;
  /** Machines that it has ended. */
  readonly lost?: number;
}

/** A machine that gets these shards. */
function startRun(given: readonly Given[], isWritten = async (): Promise<boolean> => false) {
  const done: number[] = [];
  const givenBack: number[] = [];
  const said: string[] = [];
  const waiting = given.map(
    ({ shard, lost = 0 }, at): TakenJob => ({
      ...{ shard: shard as ShardId, file: 0, start: 0, rows: 1, lostMachines: lost },
      done: async () => done.push(at) > 0,
      giveBack: async () => void givenBack.push(shard),
      setAside: nothing,
    }),
  );
  const taken: number[] = [];
  const queue = {
    take: async () => {
      const job = waiting.shift() ?? null;
      if (job !== null) taken.push(job.shard);
      return job;
    },
    counts: async () => ({ waiting: waiting.length, active: taken.length, setAside: 0 }),
    isPaused: async () => false,
  };
  const options = {
    broker: { queue, isDraining: async () => false, report: async () => 1, lease: nothing, leave: nothing },
    silence: new BrokerSilence({ address: '', waitMs: 5_000, tell: (message) => said.push(message) }),
    exchange: {
      attach: () => {},
      take: () => {},
      share: () => {},
      lease: nothing,
      passNews: nothing,
      leave: nothing,
    },
    leases: { giveUp: () => ({}) },
    reader: {
      read: async function* (job: TakenJob) {
        yield { fileName: '', id: job.shard, rows: [{}], endsShard: true };
      },
      close: nothing,
    },
    ...{ name: 'one', fileRows: [given.length], samplesPerShard: 10, tally: new Tally() },
    isWritten,
    emit: () => {},
  };
  const run = new QueueRun(options as unknown as QueueRunOptions);
  onTestFinished(() => run.leave());
  const batches = run.readBatches(new AbortController().signal);
  return { run, batches, taken, done, givenBack, said };
}

/** Whether a promise settles without anything else that happens. */
const settles = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);

test('a shard that has ended two machines is worked on alone', async () => {
  const { run, batches, taken } = startRun([
    { shard: 0 },
    { shard: 1, lost: 2 },
    { shard: 2, lost: 1 },
    { shard: 3 },
  ]);
  expect(await batches.next()).toMatchObject({ value: { id: 0 } });
  const suspect = batches.next();
  expect(await settles(suspect)).toBe(false);
  run.written(0 as ShardId);
  expect(await suspect).toMatchObject({ value: { id: 1 } });
  const next = batches.next();
  expect(await settles(next)).toBe(false);
  expect(taken).toEqual([0, 1]);
  run.written(1 as ShardId);
  expect(await next).toMatchObject({ value: { id: 2 } });
  expect(await batches.next()).toMatchObject({ value: { id: 3 } });
});

test('a shard that comes again while its machine works on it is not read again', async () => {
  const { run, batches, done } = startRun([{ shard: 0 }, { shard: 0, lost: 1 }, { shard: 1 }]);
  expect(await batches.next()).toMatchObject({ value: { id: 0 } });
  expect(await batches.next()).toMatchObject({ value: { id: 1 } });
  run.written(0 as ShardId);
  // The queue knows the later one.
  expect(done).toEqual([1]);
});

test('a shard goes back if the store does not say whether it is finished', async () => {
  const { batches, givenBack } = startRun([{ shard: 4 }], async () => {
    throw new Error('the store is away');
  });
  await expect(batches.next()).rejects.toThrow('the store is away');
  expect(givenBack).toEqual([4]);
});

test('nothing is reported before the run has hosts, nor after its end, and a late begin is no silence', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { run, said } = startRun([]);
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(20_000);
  run.attach({} as Parameters<QueueRun['attach']>[0]);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([run.lost.aborted, said]).toEqual([false, []]);
  await run.leave();
  expect(vi.getTimerCount()).toBe(0);
});
