/**
 * Measures what lanes cost: the same run on a perfect web with 1, 2 and 3 lanes, in turn.
 *
 *   npm run bench:lanes -- [--rows 3000] [--rounds 2]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reachAsNode, runLaionFetch } from './clients.ts';
import { describeMachine } from './machine.ts';
import { makeImages } from './web/model/images.ts';
import { startWeb } from './web/server/start-web.ts';

const LANES = [1, 2, 3];
const DECODERS = 3;
const SEED = 1;

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '3000' }, rounds: { type: 'string', default: '2' } },
});

const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-lanes-'));
try {
  const images = join(folder, 'images');
  await makeImages(images, SEED);
  console.log(`${describeMachine()}, ${DECODERS} decoders\n`);
  console.log('lanes    rows     CPU ms/row   rows/s   peak MB');
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const lanes of LANES) await measure(lanes, images);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(lanes: number, images: string): Promise<void> {
  const scratch = join(folder, 'run');
  await mkdir(scratch);
  const size = { rows: Number(values.rows), seed: SEED, profile: 'dead-links', drip: false } as const;
  const web = await startWeb({ ...size, perfect: true, images, folder: scratch });
  try {
    const { args, env } = reachAsNode(web);
    const dataset = ['--output', join(scratch, 'out'), '--number-sample-per-shard', '500'];
    const flags = ['--lanes', `${lanes}`, '--decoders', `${DECODERS}`, '--allow-private', '127.0.0.0/8'];
    const { run, rows, successes } = await runLaionFetch({
      args: [web.index, ...dataset, ...flags, ...args],
      env,
      deadlineMs: Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
    });
    if (successes !== web.rows) throw new Error(`Expected ${web.rows} images, got ${successes}`);
    const cpuMs = run.cpuSeconds === null ? '-' : ((run.cpuSeconds * 1000) / rows).toFixed(2);
    const peak = run.peakBytes === null ? '-' : (run.peakBytes / 2 ** 20).toFixed(0);
    const cells = [rows, cpuMs, (rows / run.seconds).toFixed(0), peak];
    const widths = [8, 15, 9, 10];
    console.log(`${lanes}`.padStart(5) + cells.map((cell, i) => `${cell}`.padStart(widths[i] ?? 0)).join(''));
  } finally {
    await web.stop();
    await rm(scratch, { recursive: true });
  }
}
