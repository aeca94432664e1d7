/**
 * `npm run queue-soak -- [redis|postgres] [shards] [kills]`: four machines with one queue. Machines are killed at random
 * moments and started again, the server is killed twice and started again, and at last one machine is frozen for longer
 * than its lease. Every row must be there once, the tars must equal those of a single machine, and no host may have seen
 * more than four connections before the freeze. Needs redis-server or Debian's postgresql.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { startBox } from '../test/support/box/box.ts';
import { runCli, spawnCli } from '../test/support/command/cli.ts';
import { digestFiles } from '../test/support/command/read-dataset.ts';
import type { RunningCommand } from '../test/support/command/start-node.ts';
import { startPostgres } from '../test/support/servers/postgres-server.ts';
import { startRedis } from '../test/support/servers/redis-server.ts';

const SERVERS = { redis: startRedis, postgres: startPostgres };
const [name = 'redis', ...counts] = process.argv.slice(2);
const [shardCount = '400', killCount = '12'] = counts;
const startServer = SERVERS[name as keyof typeof SERVERS];
const [SHARDS, KILLS] = [Number(shardCount), Number(killCount)];
const ROWS_PER_SHARD = 25;
const MACHINES = 4;
const PER_HOST = 4;
const FROZEN_MS = 45_000;
const OPTIONS = { timeoutMs: 3_600_000 };

const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-queue-soak-'));
const server = await startServer();
const box = await startBox({
  hosts: {
    '*': {
      paths: {
        '*': ({ path }) =>
          Number(path.slice(1)) % 9 === 8
            ? { status: 404 }
            : { body: { fixture: 'images/tiny.jpg' }, delayMs: 100 },
      },
    },
  },
});
const failures: string[] = [];
const check = (holds: boolean, what: string): void => {
  process.stdout.write(`${holds ? 'ok  ' : 'FAIL'} ${what}\n`);
  if (!holds) failures.push(what);
};
try {
  const csv = join(folder, 'index.csv');
  const rows = SHARDS * ROWS_PER_SHARD;
  const urls = Array.from({ length: rows }, (_, row) => box.url(`h${row % 7}.example`, `/${row}`));
  await writeFile(csv, ['url', ...urls, ''].join('\n'));
  const index = join(folder, 'index.parquet');
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (FROM '${csv}') TO '${index}' (ROW_GROUP_SIZE 2048)`);
  connection.closeSync();
  const flags = ['--number-sample-per-shard', `${ROWS_PER_SHARD}`, '--image-size', '32'];
  const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--rights-files', 'none'];
  const common = [...flags, ...reach, '--per-host', `${PER_HOST}`];
  const [alone, output] = [join(folder, 'alone'), join(folder, 'out')];
  const single = await runCli([index, '--output', alone, ...common, '--per-host', '64', '--quiet'], OPTIONS);
  check(single.code === 0, 'one machine alone');
  box.reset();

  const start = (): RunningCommand =>
    spawnCli([index, '--output', output, ...common, '--queue', server.url, '--log-level', 'info'], OPTIONS);
  const machines = Array.from({ length: MACHINES }, start);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await setTimeout(randomInt(2_000, 5_000));
    const at = randomInt(MACHINES);
    machines[at]?.kill('SIGKILL');
    if (kill % Math.ceil(KILLS / 3) === 0) {
      // A machine that finds no server at its start ends at once.
      await Promise.allSettled(machines.map((machine) => machine.shows('run started')));
      await server.kill();
      await setTimeout(3_000);
      await server.restart();
    }
    machines[at] = start();
  }
  const peaks = Object.values(box.stats().hosts).map(({ connections }) => connections.peak);
  check(Math.max(...peaks) <= PER_HOST, `at most ${PER_HOST} connections to a host: ${peaks.join(', ')}`);
  const [frozen] = machines;
  frozen?.kill('SIGSTOP');
  await setTimeout(FROZEN_MS);
  frozen?.kill('SIGCONT');
  const ends = await Promise.all(machines.map(({ result }) => result));
  for (const { code, stderr } of ends)
    check(code === 0, `a machine ends with exit code ${code} ${code === 0 ? '' : stderr}`);

  check(isDeepStrictEqual(digestFiles(output, '.tar'), digestFiles(alone, '.tar')), 'the same tars');
  check(Object.keys(digestFiles(output, '_stats.json')).length === SHARDS, 'every shard once');
  const verified = await runCli(['verify', output], OPTIONS);
  check(verified.code === 0, `verify: ${verified.stdout.trim()}`);
} finally {
  await box.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failures.length === 0 ? 0 : 1;
