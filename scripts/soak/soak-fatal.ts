import { setTimeout } from 'node:timers/promises';
import { startRedis } from '../../test/support/servers/redis-server.ts';
import { check } from '../check.ts';
import { type SoakMachine, startMachine } from './machine.ts';
import type { Place } from './place.ts';
import { ROWS_PER_SHARD, type SoakWeb } from './soak-web.ts';

const MACHINES = 2;
const MOST_DEATHS = 5;
const FATAL_SHARD = 7;
const AGENT = 'soak-machine-';

/** A row that ends every machine which asks for it, five times; then it is as harmless as the others. */
export async function soakFatal(web: SoakWeb, place: Place): Promise<void> {
  const { index, flags } = web;
  const server = await startRedis();
  try {
    const start = (at: number): SoakMachine => {
      const own = ['--user-agent', `${AGENT}${at}`, '--queue', server.url];
      return startMachine({ args: [index, '--output', place.output, ...flags, ...own], env: place.env });
    };
    const machines = Array.from({ length: MACHINES }, (_, at) => start(at));
    let deaths = 0;
    const fatal = FATAL_SHARD * ROWS_PER_SHARD + 5;
    web.onRequest = (row, agent) => {
      if (row !== fatal || deaths === MOST_DEATHS) return;
      deaths += 1;
      const at = Number(agent.slice(AGENT.length));
      process.stdout.write(`     death ${deaths} of machine ${at}\n`);
      machines[at]?.kill('SIGKILL');
      machines[at] = start(at);
    };
    while (machines.some((machine) => !machine.hasEnded())) await setTimeout(200);
    check(`${deaths} machines have ended`, deaths === MOST_DEATHS);
    const named = `Cannot finish 1 shard (${FATAL_SHARD})`;
    for (const { result } of machines) {
      const { code, stderr } = await result;
      const said = stderr.split('\n').find((line) => line.includes('Cannot finish'));
      check(`a machine ends with ${code}: ${said}`, code === 1 && said?.includes(named) === true);
    }
    const missing = Object.keys(web.tars).filter((name) => Number.parseInt(name, 10) === FATAL_SHARD);
    const written = await place.digests('.tar');
    const all = Object.keys(web.tars).filter((name) => !missing.includes(name));
    check(
      'the other shards are written',
      all.every((name) => written[name] === web.tars[name]),
    );
    const again = await start(0).result;
    check(`the same command again ends with ${again.code}`, again.code === 0);
  } finally {
    await server.stop();
  }
}
