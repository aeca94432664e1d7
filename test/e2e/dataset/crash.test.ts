import { readdirSync, statSync, watch } from 'node:fs';
import { mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles, readMetadata, STATE_FILES } from '../../support/command/read-dataset.ts';

const ROWS = 400;
const IN_FLIGHT = 4;
/** Images that may wait for the decoder, and for the disk. */
const MAX_WAITING = 40;
/** Answers on reused connections, which wait 60 to 70 ms in quarantine. */
const MAX_IN_QUARANTINE = 20;

/** One shard of many rows; every ninth is gone. `onRequest` is called with the number of requests so far. */
async function useShard(shardRows = ROWS) {
  const hooks = { requests: 0, onRequest: (_requests: number): void => undefined };
  const web = await useWeb({
    hosts: {
      '*': {
        paths: {
          '*': ({ path }) => {
            hooks.requests += 1;
            hooks.onRequest(hooks.requests);
            return Number(path.slice(1)) % 9 === 8
              ? { status: 404 }
              : { body: { fixture: 'images/tiny.jpg' } };
          },
        },
      },
    },
  });
  const index = await web.writeIndex(
    Array.from({ length: shardRows }, (_, i) => [web.box.url(`h${i % 7}.example`, `/${i}`), `picture ${i}`]),
  );
  const flags = [
    ...['--number-sample-per-shard', String(shardRows), '--concurrency', String(IN_FLIGHT)],
    ...['--image-size', '64', '--decoders', '1', ...web.reach],
  ];
  const undisturbed = join(web.folder, 'undisturbed');
  expect((await runCli([index, '--output', undisturbed, ...flags])).code).toBe(0);
  web.box.reset();
  hooks.requests = 0;
  const { output } = web;
  const scratch = join(output, '.laion-fetch', 'scratch');
  const start = () => spawnCli([index, '--output', output, ...flags, '--json']);
  /** Runs to the end and compares the dataset with the undisturbed one. */
  const finish = async () => {
    const { code, stdout, stderr } = await start().result;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(digestFiles(output, '.tar')).toEqual(digestFiles(undisturbed, '.tar'));
    expect(await lastingMetadata(output)).toEqual(await lastingMetadata(undisturbed));
    expect((await runCli(['verify', output])).code).toBe(0);
    // A start that is killed within seconds records no throughput, nor does one that finds every row settled.
    const lasting = (names: readonly string[]) => names.filter((name) => name !== 'throughput.json');
    expect(lasting(readdirSync(join(output, '.laion-fetch')).sort())).toEqual(lasting(STATE_FILES));
    return JSON.parse(stdout);
  };
  /** Number of URLs that were requested more than once. */
  const askedAgain = (): number => {
    const counts = Object.values(web.box.stats().hosts).flatMap(({ paths }) => Object.values(paths));
    expect(counts.length).toBe(shardRows);
    return counts.filter((count) => count > 1).length;
  };
  return { ...web, hooks, scratch, start, finish, askedAgain };
}

/** Rows of the metadata without when they were fetched. */
async function lastingMetadata(output: string): Promise<Record<string, unknown>[]> {
  return (await readMetadata(output)).map(({ fetched_at: _, ...row }) => row);
}

test('SIGKILL in the middle of a shard costs few of its rows, and the next start reports what it took over', async () => {
  const rows = 2000;
  const { hooks, start, finish, askedAgain } = await useShard(rows);
  const run = start();
  hooks.onRequest = (requests) => {
    if (requests === 0.6 * rows) run.kill('SIGKILL');
  };
  expect(await run.result).toMatchObject({ signal: 'SIGKILL' });
  const { successes, earlier_starts, this_start, ...summary } = await finish();
  expect(askedAgain()).toBeLessThan(0.05 * rows);
  expect({ rows: summary.rows, successes }).toEqual({ rows, successes: rows - 222 });
  expect(earlier_starts.taken_over).toBeGreaterThan(0.5 * rows);
  expect(earlier_starts.rows + this_start.rows).toBe(rows);
});

test('SIGKILL while a shard is written costs no request at all', async () => {
  const { scratch, start, finish, askedAgain } = await useShard();
  await mkdir(scratch, { recursive: true });
  const run = start();
  const watcher = watch(scratch, (_, name) => {
    if (name === '00000.parquet') run.kill('SIGKILL');
  });
  expect(await run.result).toMatchObject({ signal: 'SIGKILL' });
  watcher.close();
  expect(await finish()).toMatchObject({ earlier_starts: { taken_over: ROWS }, this_start: { rows: 0 } });
  expect(askedAgain()).toBe(0);
});

test('SIGKILL again and again, and a spool cut off in the middle of a record, cost the rows in flight each time', async () => {
  const { hooks, scratch, start, finish, askedAgain } = await useShard();
  for (const requests of [100, 220, 340]) {
    const run = start();
    hooks.onRequest = (count) => {
      if (count === requests) run.kill('SIGKILL');
    };
    expect(await run.result).toMatchObject({ signal: 'SIGKILL' });
    const spool = join(scratch, '0.spool');
    await truncate(spool, statSync(spool).size - 5);
  }
  hooks.onRequest = () => undefined;
  await finish();
  expect(askedAgain()).toBeLessThanOrEqual(3 * (IN_FLIGHT + MAX_WAITING + MAX_IN_QUARANTINE + 1));
});

test('SIGINT in the middle of a shard keeps its rows for the next start', async () => {
  const { hooks, start, finish, askedAgain } = await useShard();
  const run = start();
  hooks.onRequest = (requests) => {
    if (requests === 0.5 * ROWS) run.kill('SIGINT');
  };
  const { code, stdout } = await run.result;
  expect(code).toBe(130);
  const { rows, rows_kept } = JSON.parse(stdout);
  expect(rows_kept).toBe(rows);
  expect(await finish()).toMatchObject({ earlier_starts: { taken_over: rows_kept } });
  expect(askedAgain()).toBe(0);
});
