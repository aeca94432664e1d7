/**
 * Runs laion-fetch and img2dataset 1.47.0 on a simulated web; see bench/README.md:
 *
 *   npm run bench:web -- [--profile dead-links|refusals] [--hosts-from INDEX] [--rows 1000,10000] [--seed 1]
 *     [--only web,perfect,img2dataset] [--no-img2dataset] [--no-drip]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HOW_TO_INSTALL } from '../clients.ts';
import { describeMachine } from '../machine.ts';
import type { Measurement } from './figures.ts';
import { measureOnWeb } from './measure.ts';
import { makeImages } from './model/images.ts';
import { PROFILES, type ProfileName } from './model/plan-web.ts';
import { tableText } from './table.ts';

const RUNS = ['perfect', 'web', 'img2dataset'] as const;
type Run = (typeof RUNS)[number];

/** img2dataset hangs on hosts that drip. */
const PATIENCE = { times: 2, leastMs: 180_000 } as const;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: RUNS.join(',') },
    profile: { type: 'string', default: 'dead-links' },
    'hosts-from': { type: 'string' },
    'no-img2dataset': { type: 'boolean', default: false },
    'no-drip': { type: 'boolean', default: false },
  },
});

async function main(signal: AbortSignal): Promise<void> {
  const sizes = values.rows.split(',').map((text) => wholeNumber('--rows', text));
  const seed = wholeNumber('--seed', values.seed);
  const drip = !values['no-drip'];
  const profile = chooseProfile();
  const hostsFrom = values['hosts-from'] ?? null;
  const runs = chooseRuns();
  const tool = process.env['IMG2DATASET'];
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-web-'));
  try {
    console.error('generating the images');
    const images = join(folder, 'images');
    await makeImages(images, seed);
    console.log(
      `${describeMachine()}${tool === undefined ? '' : ', img2dataset 1.47.0'}, seed ${seed}, profile ${profile}${drip ? '' : ', no dripping'}`,
    );
    for (const rows of sizes) {
      const scratch = join(folder, String(rows));
      const measurements: Measurement[] = [];
      for (const run of runs) {
        if (run === 'img2dataset' && tool === undefined) continue;
        console.error(`${rows} rows: ${run}`);
        const own = run !== 'img2dataset';
        const measured = await measureOnWeb({
          client: own ? 'laion-fetch' : run,
          tool: tool ?? '',
          ...{ rows, seed, profile, hostsFrom, drip, images, scratch, signal },
          perfect: run === 'perfect',
          deadlineMs: own ? Number.POSITIVE_INFINITY : patience(measurements),
        });
        measurements.push(measured);
      }
      console.log(`\n${tableText(measurements)}`);
    }
    if (tool === undefined && runs.includes('img2dataset')) console.log(`\n${HOW_TO_INSTALL}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function patience(measurements: readonly Measurement[]): number {
  const own = measurements.find(({ web }) => web === 'web')?.result.run.seconds ?? 0;
  return Math.max(PATIENCE.leastMs, own * 1000 * PATIENCE.times);
}

function chooseRuns(): Run[] {
  const wanted = values.only.split(',');
  const unknown = wanted.find((name) => !RUNS.some((run) => run === name));
  if (unknown !== undefined) throw new Error(`Cannot use --only ${unknown}: expected ${RUNS.join(', ')}`);
  return RUNS.filter((run) => wanted.includes(run) && !(run === 'img2dataset' && values['no-img2dataset']));
}

function chooseProfile(): ProfileName {
  const { profile } = values;
  if (profile in PROFILES) return profile as ProfileName;
  throw new Error(`Cannot use --profile ${profile}: expected ${Object.keys(PROFILES).join(' or ')}`);
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`Cannot use ${flag} ${text}: expected a whole number above 0`);
}

const abort = new AbortController();
const end = () => abort.abort(new Error('The benchmark was interrupted'));
process.once('SIGINT', end).once('SIGTERM', end);
await main(abort.signal);
