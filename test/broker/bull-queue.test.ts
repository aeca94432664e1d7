import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BullQueue } from '../../src/broker/bull/bull-queue.ts';
import type { ShardJob } from '../../src/broker/interface/broker.ts';
import type { ShardId } from '../../src/core/samples.ts';
import { hasRedis } from '../support/servers/redis-server.ts';
import { useRedis } from '../support/servers/use-redis.ts';

const LEASE_MS = 800;
const job = (shard: number): ShardJob => ({ shard: shard as ShardId, file: 0, start: 10 * shard, rows: 10 });

async function useQueues(url: string) {
  const open = async (): Promise<BullQueue> => {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    const backend = (bull: typeof import('bullmq')) => bull.createRedisBackend;
    const queue = await BullQueue.open({ run: 'a'.repeat(64), connection, backend, leaseMs: LEASE_MS });
    onTestFinished(async () => {
      await queue.close();
      connection.disconnect();
    });
    return queue;
  };
  return [await open(), await open()] as const;
}

describe.skipIf(!hasRedis)('a queue of shards in Redis', () => {
  test('gives each shard once, in order, and is empty when all are done', async () => {
    const { url } = await useRedis();
    const [one, two] = await useQueues(url);
    await one.add([0, 1, 2].map(job));
    await two.add([1, 2].map(job));
    expect(await one.counts()).toEqual({ waiting: 3, active: 0, setAside: 0 });
    const first = await one.take();
    const second = await two.take();
    const third = await one.take();
    expect([first, second, third]).toMatchObject([job(0), job(1), job(2)]);
    expect(await two.take()).toBeNull();
    expect(await one.counts()).toEqual({ waiting: 0, active: 3, setAside: 0 });
    for (const taken of [first, second, third]) expect(await taken?.done()).toBe(true);
    expect(await one.counts()).toEqual({ waiting: 0, active: 0, setAside: 0 });
  });

  test('gives a shard that was given back to the next machine, before all others', async () => {
    const { url } = await useRedis();
    const [one, two] = await useQueues(url);
    await one.add([0, 1].map(job));
    await (await one.take())?.giveBack();
    expect(await two.take()).toMatchObject({ shard: 0, lostMachines: 0 });
  });

  test('gives the shards of a silent machine to another, and tells it when it is back', async () => {
    const { url } = await useRedis();
    const [one, two] = await useQueues(url);
    await one.add([job(0)]);
    const lost = await one.take();
    // A frozen machine renews nothing; closing ends the renewals, too.
    await one.close();
    let again = await two.take();
    while (again === null) again = await two.take();
    expect(again).toMatchObject({ shard: 0, lostMachines: 1 });
    expect(await lost?.done().catch(() => false)).toBe(false);
    expect(await again.done()).toBe(true);
  });

  test('holds shards for longer than a lease while their machine renews it', async () => {
    const { url } = await useRedis();
    const [one, two] = await useQueues(url);
    await one.add([job(0)]);
    const held = await one.take();
    for (const end = performance.now() + 3 * LEASE_MS; performance.now() < end; )
      expect(await two.take()).toBeNull();
    expect(await held?.done()).toBe(true);
  });

  test('names shards that were set aside until they are forgotten', async () => {
    const { url } = await useRedis();
    const [one] = await useQueues(url);
    await one.add([5, 3].map(job));
    await (await one.take())?.setAside('ended five machines');
    await (await one.take())?.setAside('ended five machines');
    expect(await one.setAside()).toEqual([3, 5]);
    await one.add([job(3)]);
    expect(await one.take()).toBeNull();
    await one.forgetSetAside();
    await one.add([job(3)]);
    expect(await one.take()).toMatchObject({ shard: 3 });
  });

  test('pauses for all machines', async () => {
    const { url } = await useRedis();
    const [one, two] = await useQueues(url);
    await one.add([job(0)]);
    await one.pause(true);
    expect(await two.isPaused()).toBe(true);
    expect(await two.take()).toBeNull();
    await two.pause(false);
    expect(await one.take()).toMatchObject({ shard: 0 });
  });

  test('loses nothing when the server is killed', async () => {
    const server = await useRedis();
    const [one, two] = await useQueues(server.url);
    await one.add([0, 1].map(job));
    const held = await one.take();
    await server.kill();
    const next = two.take();
    await server.restart();
    expect(await next).toMatchObject({ shard: 1 });
    expect(await held?.done()).toBe(true);
    expect(await one.counts()).toEqual({ waiting: 0, active: 1, setAside: 0 });
  });
});
