/**
 * Measures what a store costs: images like LAION's to 256 pixels, to a local folder and to S3 on loopback, in turn.
 *
 *   npm run bench:store -- [--rows 4000] [--pairs 3] [--server versitygw]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type S3Program, startS3Server } from '../test/support/stores/s3-server.ts';
import { reachAsNode, runLaionFetch } from './clients.ts';
import { describeMachine } from './machine.ts';
import { makeImages } from './web/model/images.ts';
import { startWeb } from './web/server/start-web.ts';

const SEED = 1;
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '4000' },
    pairs: { type: 'string', default: '3' },
    server: { type: 'string', default: 'versitygw' },
  },
});
type Place = 'local' | 'S3';

const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-store-'));
const server = await startS3Server(values.server as S3Program);
try {
  const images = join(folder, 'images');
  await makeImages(images, SEED);
  console.log(`${describeMachine()}, ${values.server}\n`);
  const ratios: number[] = [];
  for (let pair = 0; pair < Number(values.pairs); pair += 1) {
    const order: readonly Place[] = pair % 2 === 0 ? ['local', 'S3'] : ['S3', 'local'];
    const speeds = new Map<Place, number>();
    for (const place of order) speeds.set(place, await measure(place, images));
    ratios.push((speeds.get('S3') ?? 0) / (speeds.get('local') ?? 1));
  }
  console.log(`\nS3 / local: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Prints a run's figures and returns its rows a second. */
async function measure(place: Place, images: string): Promise<number> {
  const scratch = join(folder, 'run');
  await mkdir(scratch);
  const size = { rows: Number(values.rows), seed: SEED, profile: 'dead-links', drip: false } as const;
  const web = await startWeb({ ...size, perfect: true, images, folder: scratch });
  try {
    const { args, env } = reachAsNode(web);
    const output = place === 'local' ? join(scratch, 'out') : `s3://${await server.newBucket()}/out`;
    const flags = [
      '--image-size',
      '256',
      '--number-sample-per-shard',
      '1000',
      '--allow-private',
      '127.0.0.0/8',
    ];
    const { run, rows, successes } = await runLaionFetch({
      args: [web.index, '--output', output, ...flags, ...args],
      env: { ...env, ...server.env, LAION_FETCH_SCRATCH: join(scratch, 'spools') },
      deadlineMs: Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
    });
    if (successes !== web.rows) throw new Error(`Expected ${web.rows} images, got ${successes}`);
    const cpuMs = run.cpuSeconds === null ? '-' : ((run.cpuSeconds * 1000) / rows).toFixed(2);
    const peak = run.peakBytes === null ? '-' : (run.peakBytes / 2 ** 20).toFixed(0);
    console.log(`${place}: ${(rows / run.seconds).toFixed(0)} rows/s, CPU ${cpuMs} ms/row, peak ${peak} MB`);
    return rows / run.seconds;
  } finally {
    await web.stop();
    await rm(scratch, { recursive: true });
  }
}
