import type { Broker, LeasedHost, Machine } from '../../broker/interface/broker.ts';
import { fromRefusal } from '../../broker/interface/broker-error.ts';
import type { ShardId } from '../../core/samples.ts';
import { type KnownHost, knownHosts } from './news/known-hosts.ts';

/** A run at a broker, as it is at the moment. */
export interface QueueStatus {
  /** Identifies the run. */
  readonly run: string;
  readonly output: string;
  readonly shards: {
    readonly all: number;
    readonly done: number;
    readonly active: number;
    readonly waiting: number;
  };
  readonly setAside: readonly ShardId[];
  readonly state: 'running' | 'paused' | 'draining';
  readonly machines: readonly Machine[];
  /** What machines have told each other of hosts that are closed, paused or slow. */
  readonly knownHosts: readonly KnownHost[];
  /** Hosts of which machines lease connections, hottest first. */
  readonly hosts: readonly LeasedHost[];
}

export type QueueOrder = 'pause' | 'resume' | 'drain';

/** Runs that are not complete, in no particular order. */
export async function queueStatus(address: string): Promise<QueueStatus[]> {
  return withBroker(address, async (broker) => {
    const found: QueueStatus[] = [];
    for (const run of await broker.runs()) {
      const status = await statusOf(broker, run);
      if (status !== null) found.push(status);
    }
    return found;
  });
}

/** Gives an order to the machines of all runs. Returns how many runs there are. */
export async function orderQueue(address: string, order: QueueOrder): Promise<number> {
  return withBroker(address, async (broker) => {
    const runs = await broker.runs();
    for (const name of runs) {
      const run = await broker.run(name);
      if (order === 'drain') await run.drain(true);
      else await run.queue.pause(order === 'pause');
      if (order === 'resume') await run.drain(false);
    }
    return runs.length;
  });
}

async function statusOf(broker: Broker, name: string): Promise<QueueStatus | null> {
  const run = await broker.run(name);
  const plan = await run.plan();
  if (plan === null) return null;
  const { waiting, active, setAside } = await run.queue.counts();
  const isDraining = await run.isDraining();
  return {
    run: name,
    output: plan.output,
    shards: { all: plan.shards, done: plan.shards - waiting - active - setAside, active, waiting },
    setAside: await run.queue.setAside(),
    state: isDraining ? 'draining' : (await run.queue.isPaused()) ? 'paused' : 'running',
    machines: await run.machines(),
    hosts: await run.leased(),
    knownHosts: await knownHosts(run),
  };
}

async function withBroker<T>(address: string, work: (broker: Broker) => Promise<T>): Promise<T> {
  const { openBroker } = await import('../../broker/open-broker.ts');
  const broker = await openBroker(address);
  try {
    return await work(broker);
  } catch (error) {
    throw fromRefusal(broker.address, error);
  } finally {
    await broker.close();
  }
}
