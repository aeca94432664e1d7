/**
 * `npm run store-faults [program] [rows] [kills]`: a run to a store that is killed at random moments and resumed, through a proxy
 * that fails every fifth request, cuts every twentieth and delays some by two seconds. The dataset must equal that of a
 * local run, and no upload may stay open.
 */
import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { startBox } from '../test/support/box/box.ts';
import { runCli, spawnCli } from '../test/support/command/cli.ts';
import { digestFiles } from '../test/support/command/read-dataset.ts';
import { startUnreliableProxy } from '../test/support/servers/unreliable-proxy.ts';
import { openBucket } from '../test/support/stores/bucket-files.ts';
import { type StoreProgram, schemeOf, startStoreServer } from '../test/support/stores/start-store.ts';
import { check } from './check.ts';

const [name = 'versitygw', rowCount = '10000', killCount = '30'] = process.argv.slice(2);
const program = name as StoreProgram;
const [ROWS, KILLS] = [Number(rowCount), Number(killCount)];
const ROWS_PER_SHARD = 500;
const [SOONEST_MS, LATEST_MS] = [500, 12_000];

const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-store-faults-'));
const server = await startStoreServer(program);
const proxy = await startUnreliableProxy(server.endpoint, {
  failEvery: 5,
  cutEvery: 20,
  delayEvery: 97,
  delayMs: 2000,
});
const box = await startBox({
  hosts: {
    '*': {
      paths: {
        '*': ({ path }) =>
          Number(path.slice(1)) % 9 === 8 ? { status: 404 } : { body: { fixture: 'images/tiny.jpg' } },
      },
    },
  },
});
const say = (text: string): void => console.info(text);
try {
  const index = join(folder, 'index.jsonl');
  const lines = Array.from({ length: ROWS }, (_, i) =>
    JSON.stringify({ url: box.url(`h${i % 50}.example`, `/${i}`), caption: `row ${i}` }),
  );
  await writeFile(index, lines.join('\n'));
  const reach = [
    ...['--resolver', box.dns, '--allow-private', '127.0.0.0/8'],
    ...[
      '--number-sample-per-shard',
      String(ROWS_PER_SHARD),
      '--image-size',
      '8',
      '--retries',
      '0',
      '--quiet',
    ],
  ];
  const local = join(folder, 'local');
  const { code: localCode, stderr } = await runCli([index, '--output', local, ...reach], {
    timeoutMs: 600_000,
  });
  check(`local run ends with 0 ${stderr}`, localCode === 0);
  const tars = digestFiles(local, '.tar');

  const bucket = await server.newBucket();
  const files = openBucket(program, server, bucket);
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  const proxied = Object.entries(server.env).map(([variable, value]) => [
    variable,
    value.replaceAll(server.endpoint, proxy.endpoint),
  ]);
  const env = { ...Object.fromEntries(proxied), LAION_FETCH_SCRATCH: scratch };
  let [kills, datasets, peak] = [0, 0, 0];
  while (kills < KILLS) {
    datasets += 1;
    const output = `${schemeOf(program)}://${bucket}/laion-${datasets}`;
    for (let isFinished = false; !isFinished; ) {
      const run = spawnCli([index, '--output', output, ...reach], { env, timeoutMs: 600_000 });
      let hasEnded = false;
      const ended = run.result.then((result) => {
        hasEnded = true;
        return result;
      });
      const watch = watchScratch();
      if (kills < KILLS) {
        await Promise.race([ended, setTimeout(randomInt(SOONEST_MS, LATEST_MS))]);
        run.kill('SIGKILL');
      }
      const { code, signal, stderr: said } = await ended;
      watch.stop();
      if (signal === 'SIGKILL') kills += 1;
      else check(`a start ends with 0, after ${kills} kills ${said}`, code === 0);
      isFinished = hasEnded && signal !== 'SIGKILL';
    }
    check(
      'the tars are those of the local run',
      isDeepStrictEqual(await files.digests(`laion-${datasets}`, '.tar'), tars),
    );
    check('no upload is open', (await files.openUploads()) === 0);
    const verified = await runCli(['verify', output], { env, timeoutMs: 600_000 });
    check(`verify ends with 0 ${verified.code === 0 ? '' : verified.stdout}`, verified.code === 0);
  }
  say(`${kills} kills, ${datasets} dataset(s), scratch at most ${peak} bytes`);
  say(JSON.stringify(proxy.counts));

  function watchScratch(): { stop(): void } {
    const timer = setInterval(() => void size(scratch).then((bytes) => (peak = Math.max(peak, bytes))), 100);
    return { stop: () => clearInterval(timer) };
  }
} finally {
  await Promise.all([box.close(), proxy.close(), server.stop()]);
  await rm(folder, { recursive: true, force: true });
}

async function size(path: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(path, { recursive: true }).catch(() => [])) {
    bytes += await stat(join(path, name)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    );
  }
  return bytes;
}
