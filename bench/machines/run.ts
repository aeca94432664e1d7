/**
 * `npm run bench:machines -- [--machines 10,100,1000] [--seconds 140] [--backlog 0] [--ways 'leases,limit divided'] [--budget 60]
 * [--limit 16] [--seed 1]`: machines that share LAION's hosts, by leases (the real script in Redis and the real client), with
 * the limit divided by the machines, and each with the limit for itself. Clock, answers and rows are simulated. `--backlog`:
 * seconds whose rows wait at the begin. `--budget`: real seconds for each line, after which it ends with the seconds that it
 * has simulated. Needs redis-server.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startRedis } from '../../test/support/servers/redis-server.ts';
import { describeMachine } from '../machine.ts';
import { laionHostShares } from './laion-hosts.ts';
import { type Outcome, simulate, type Way } from './simulate.ts';

const { values } = parseArgs({
  options: {
    machines: { type: 'string', default: '10,100,1000' },
    seconds: { type: 'string', default: '140' },
    backlog: { type: 'string', default: '0' },
    ways: { type: 'string', default: 'leases,limit divided,each its own limit' },
    budget: { type: 'string', default: '60' },
    limit: { type: 'string', default: '16' },
    seed: { type: 'string', default: '1' },
  },
});

const version = /v=(\S+)/.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout)?.[1];
console.log(
  `${describeMachine()}, Redis ${version}; ${values.limit} connections to a host, 1,000 rows/s a machine\n`,
);
const HEAD = ['machines', 'limit kept by', 'peak', 'hosts over', 'speed', 'of possible', 'calls a row'];
console.log(
  `| ${[...HEAD, 'leased hosts a row', 'commands a row', 'broker, cores', 'us a host', 'seconds'].join(' | ')} |`,
);
console.log(`|${'--:|'.repeat(12)}`);
let isWrong = false;
for (const machines of values.machines.split(',').map(Number)) {
  for (const way of values.ways.split(',') as Way[]) {
    // Without persistence: what is measured is the script.
    const server = await startRedis(['--appendonly', 'no']);
    const redis = new Redis(server.url);
    try {
      const task = {
        way,
        machines,
        rowsPerSecond: 1_000,
        limit: Number(values.limit),
        shares: laionHostShares(),
      };
      const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
      const outcome = await simulate({
        ...task,
        seconds,
        backlog: Number(values.backlog),
        seed,
        budgetMs: 1_000 * Number(values.budget),
        redis,
      });
      console.log(`| ${[machines, way, ...cells(outcome, way)].join(' | ')} |`);
      if (way === 'leases' && outcome.over > 0) isWrong = true;
    } finally {
      redis.disconnect();
      await server.stop();
    }
  }
}
if (isWrong) process.exitCode = 1;

function cells(outcome: Outcome, way: Way): (string | number)[] {
  const { seconds, peak, over, share, possible, calls, hostsAsked, commands, brokerCores, hostMicros } =
    outcome;
  const broker =
    way === 'leases'
      ? [
          calls.toFixed(4),
          hostsAsked.toFixed(3),
          commands.toFixed(2),
          brokerCores.toFixed(3),
          hostMicros.toFixed(1),
        ]
      : ['-', '-', '-', '-', '-'];
  return [peak, over, share.toFixed(2), (share / possible).toFixed(2), ...broker, seconds];
}
