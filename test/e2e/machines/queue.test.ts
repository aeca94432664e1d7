import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import type { Answer, WebScript } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';
import { hasRedis } from '../../support/servers/redis-server.ts';
import { useRedis } from '../../support/servers/use-redis.ts';

const ROWS = 120;

/** Every ninth page is gone. Answers take long enough that machines meet. */
const GALLERY: WebScript = {
  hosts: { '*': { paths: { '*': ({ path }) => showPage(Number(path.slice(1))) } } },
};

function showPage(page: number): Answer {
  const body = PHOTOS[page % PHOTOS.length];
  return page % 9 === 8 || body === undefined ? { status: 404 } : { body, delayMs: 20 };
}

async function useGallery() {
  const web = await useWeb(GALLERY);
  const csv = await web.writeIndex(
    Array.from(
      { length: ROWS },
      (_, page) => [web.box.url(`h${page % 3}.example`, `/${page}`), `${page}`] as const,
    ),
  );
  const index = join(web.folder, 'index.parquet');
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (FROM '${csv}') TO '${index}'`);
  connection.closeSync();
  const flags = ['--number-sample-per-shard', '10', '--image-size', '64', ...web.reach];
  return { ...web, csv, index, flags };
}

describe.skipIf(!hasRedis)('machines with a queue', () => {
  test('write what one machine writes; one that is terminated gives its shards back', async () => {
    const { box, folder, output, index, flags } = await useGallery();
    const { url } = await useRedis(undefined, ['--requirepass', 'sesame']);
    const alone = join(folder, 'alone');
    expect(await runCli([index, '--output', alone, ...flags])).toMatchObject({ code: 0 });
    box.reset();
    const queue = url.replace('//', '//:sesame@');
    const args = [index, '--output', output, ...flags, '--queue', queue];
    const leaving = spawnCli([...args, '--log-level', 'info', '--per-host-rate', '2']);
    await leaving.shows('run started');
    leaving.kill('SIGTERM');
    expect(await leaving.result).toMatchObject({ code: 143 });
    const limits = ['--per-host', '4'];
    const runs = await Promise.all([runCli([...args, ...limits, '--json']), runCli([...args, ...limits])]);
    for (const run of runs) expect(run).toMatchObject({ code: 0 });
    for (const { connections } of Object.values(box.stats().hosts))
      expect(connections.peak).toBeLessThanOrEqual(4);
    expect(digestFiles(output, '.tar')).toEqual(digestFiles(alone, '.tar'));
    expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
    const state = join(output, '.laion-fetch');
    expect(readdirSync(join(state, 'sharers'))).toEqual([]);
    expect(existsSync(join(state, 'parts'))).toBe(false);
    // Nothing is left in the queue, and no password in a file.
    const client = new Redis(queue);
    for (const key of await client.keys('*')) expect(await client.pttl(key)).toBeGreaterThan(0);
    client.disconnect();
    const files = readdirSync(state).filter((name) => name.endsWith('.json'));
    for (const file of files) expect(readFileSync(join(state, file), 'utf8')).not.toContain('sesame');
    for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toContain('sesame');
  });

  test('wait for a server that is not there yet, and end when it stays away', async () => {
    const { box, folder, output, index, flags } = await useGallery();
    const alone = join(folder, 'alone');
    expect(await runCli([index, '--output', alone, ...flags])).toMatchObject({ code: 0 });
    box.reset();
    const server = await useRedis(undefined, ['--requirepass', 'sesame']);
    await server.kill();
    const queue = ['--queue', server.url.replace('//', '//:sesame@')];
    expect(await runCli(['status', ...queue])).toMatchObject({ code: 6 });
    const args = [index, '--output', output, ...flags, ...queue, '--log-level', 'info'];
    const machine = spawnCli([...args, '--queue-wait', '5s', '--per-host-rate', '20', '--retries', '0']);
    const waiting = await machine.shows('waiting for it for 5s at most');
    expect(waiting).toContain(`the queue ${server.url} cannot be reached`);
    expect(existsSync(output)).toBe(false);
    await server.restart();
    await machine.shows('shard written');
    await server.kill();
    const { code, stdout, stderr } = await machine.result;
    expect(code).toBe(6);
    expect(stderr.trim().split('\n').at(-1)).toContain('it has not answered for 5s');
    expect(stdout + stderr).not.toContain('sesame');
    // What it had begun, it has finished; it has begun nothing else.
    const asked = Object.values(box.stats().hosts).flatMap(({ paths }) => Object.keys(paths));
    const written = Object.keys(digestFiles(output, '_stats.json'));
    expect(written.length).toBeLessThan(12);
    expect(asked).toHaveLength(10 * written.length);
    await server.restart();
    // A server that has lost its data is filled again.
    const left = spawnCli([...args, '--per-host-rate', '5']);
    await left.shows('run started');
    const client = new Redis(server.url, { password: 'sesame' });
    await client.flushall();
    client.disconnect();
    const forgotten = { code: 6, stderr: expect.stringContaining('has lost the shards of this run') };
    expect(await left.result).toMatchObject(forgotten);
    expect(await runCli(args)).toMatchObject({ code: 0 });
    expect(digestFiles(output, '.tar')).toEqual(digestFiles(alone, '.tar'));
  });

  test('set a shard aside that has ended five machines, name it, and try again', async () => {
    const { output, index, flags } = await useGallery();
    const { url } = await useRedis();
    const args = [index, '--output', output, ...flags, '--queue', url];
    const machine = spawnCli([...args, '--log-level', 'info', '--per-host-rate', '1']);
    await machine.shows('run started');
    machine.kill('SIGTERM');
    await machine.result;
    const client = new Redis(url);
    const lost = async (shard: number, machines: number): Promise<void> => {
      const [key = ''] = (await client.keys('*')).filter((name) => name.endsWith(`-${shard}`));
      await client.hset(key, 'stc', machines);
    };
    await lost(3, 5);
    await lost(4, 4);
    const ended = await runCli(args);
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Cannot finish 1 shard (3): each has ended five machines'),
    });
    expect(Object.keys(digestFiles(output, '_stats.json'))).toHaveLength(11);
    expect(JSON.parse((await runCli(['status', '--queue', url, '--json'])).stdout)).toMatchObject({
      runs: [{ shards: { all: 12, done: 11, waiting: 0 }, setAside: [3] }],
    });
    expect(await runCli(args)).toMatchObject({ code: 0 });
    client.disconnect();
    expect(await runCli(['verify', output])).toMatchObject({ code: 0 });
  });

  test('are shown, paused, drained and resumed', async () => {
    const { output, index, flags } = await useGallery();
    const { url } = await useRedis();
    const queue = ['--queue', url];
    const args = [index, '--output', output, ...flags, ...queue];
    const machine = spawnCli([...args, '--log-level', 'info', '--per-host-rate', '2']);
    await machine.shows('run started');
    await runCli(['pause', ...queue]);
    const paused = JSON.parse((await runCli(['status', ...queue, '--json'])).stdout);
    expect(paused.runs).toMatchObject([{ output, state: 'paused', shards: { all: 12 }, setAside: [] }]);
    await runCli(['resume', ...queue]);
    await runCli(['drain', ...queue]);
    expect(await runCli(['status', ...queue])).toMatchObject({ stdout: expect.stringContaining('draining') });
    machine.kill('SIGTERM');
    expect(await machine.result).toMatchObject({ code: 143 });
    // A machine that comes now takes none and ends.
    expect(await runCli(args)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('shards of the run wait in the queue'),
    });
  });

  test('refuse a wrong password, another index and what needs the whole index, and take nothing', async () => {
    const { output, csv, index, flags } = await useGallery();
    const { url } = await useRedis(undefined, ['--requirepass', 'sesame']);
    const start = (path: string, queue: string, ...more: string[]) =>
      runCli([path, '--output', output, ...flags, '--queue', queue, ...more]);
    const wrong = url.replace('//', '//:wrong@');
    const refused = await start(index, wrong);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('refuses the password') });
    expect(refused.stderr).not.toContain('wrong');
    expect(existsSync(output)).toBe(false);
    const queue = url.replace('//', '//:sesame@');
    expect(await start(index, queue, '--dedupe', 'url')).toMatchObject({ code: 2 });
    const planning = spawnCli([index, '--output', output, ...flags, '--queue', queue, '--log-level', 'info']);
    await planning.shows('run started');
    planning.kill('SIGTERM');
    await planning.result;
    const status = async () => (await runCli(['status', '--queue', queue, '--json'])).stdout;
    const before = await status();
    expect(JSON.parse(before).runs).toMatchObject([{ shards: { all: 12, active: 0 }, machines: [] }]);
    expect(await start(index, wrong)).toMatchObject({ code: 3 });
    expect(await start(csv, queue)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Cannot resume'),
    });
    expect(await start(index, queue, '--output', '/proc/none')).toMatchObject({ code: 4 });
    expect(await status()).toBe(before);
  });
});
