import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { startPostgres } from '../../test/support/servers/postgres-server.ts';
import { startRedis } from '../../test/support/servers/redis-server.ts';
import { check } from '../check.ts';
import { describeEnd, type SoakMachine, startMachine } from './machine.ts';
import type { Place } from './place.ts';
import { PER_HOST, peakOf, type SoakWeb } from './soak-web.ts';

const SERVERS = { redis: startRedis, postgres: startPostgres };
const MACHINES = 4;
const FROZEN_MS = 45_000;

export type QueueServer = keyof typeof SERVERS;

export const isQueueServer = (name: string): name is QueueServer => Object.hasOwn(SERVERS, name);

interface QueueSoak {
  readonly server: QueueServer;
  readonly web: SoakWeb;
  readonly place: Place;
  readonly kills: number;
  readonly lanes: number;
}

/** Kills machines and the server, freezes a machine, and waits for the end of all. */
export async function soakQueue({ server: name, web, place, kills, lanes }: QueueSoak): Promise<void> {
  const server = await SERVERS[name]();
  try {
    const { index, flags } = web;
    const threads = ['--lanes', `${lanes}`, '--decoders', `${lanes}`];
    const args = [index, '--output', place.output, ...flags, ...threads, '--queue', server.url];
    const start = (): SoakMachine => startMachine({ args, env: place.env });
    const machines = Array.from({ length: MACHINES }, start);
    for (let kill = 1; kill <= kills; kill += 1) {
      await setTimeout(randomInt(2_000, 5_000));
      const at = randomInt(MACHINES);
      machines[at]?.kill('SIGKILL');
      if (kill % Math.ceil(kills / 3) === 0) {
        await server.kill();
        // A machine starts while the server is away.
        machines[at] = start();
        await setTimeout(3_000);
        await server.restart();
      } else machines[at] = start();
    }
    const peak = peakOf(web.box);
    check(`at most ${PER_HOST} connections to a host: ${peak}`, peak <= PER_HOST);
    const [frozen] = machines;
    await frozen?.shows('run started');
    check('a machine is frozen at work', frozen?.hasEnded() === false);
    frozen?.kill('SIGSTOP');
    await setTimeout(FROZEN_MS);
    frozen?.kill('SIGCONT');
    for (const end of await Promise.all(machines.map(({ result }) => result)))
      check(`a machine ends with ${describeEnd(end)}`, end.code === 0);
  } finally {
    await server.stop();
  }
}
