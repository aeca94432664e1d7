/**
 * Runs laion-fetch and img2dataset 1.47.0 in turn, with the same settings and images; see bench/README.md:
 *
 *   npm run bench -- [--only a,b] [--count 10000] [--pairs 3] [--seed 1] [--no-stages]
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { HOW_TO_INSTALL } from '../clients.ts';
import { describeMachine } from '../machine.ts';
import { makeImages } from '../web/model/images.ts';
import type { Figures, StartUp } from './figures.ts';
import { type FileServer, startFileServer } from './file-server.ts';
import { type ImageSet, makeImageSet, type SetName } from './image-sets.ts';
import { type Bench, type ClientName, measure, measureWeb } from './measure.ts';
import { stagesTable } from './stages.ts';
import { type Comparison, comparisonTable, type StartUps, shortfalls } from './table.ts';
import { SIMULATED_WEB, WORKLOADS, type Workload } from './workloads.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: [...WORKLOADS, SIMULATED_WEB].map(({ id }) => id).join(',') },
    count: { type: 'string', default: '10000' },
    pairs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    'no-stages': { type: 'boolean', default: false },
  },
});
const TOOL = process.env['IMG2DATASET'];
const CLIENTS: readonly ClientName[] = TOOL === undefined ? ['laion-fetch'] : ['img2dataset', 'laion-fetch'];
/** Few enough to take no time, and one shard for each process. */
const START_UP = { rows: 16, runs: 2 } as const;

async function main(signal: AbortSignal): Promise<void> {
  const plan = {
    seed: wholeNumber('--seed', values.seed),
    count: wholeNumber('--count', values.count),
    pairs: wholeNumber('--pairs', values.pairs),
    workloads: chooseWorkloads(),
    withStages: !values['no-stages'],
    withWeb: values.only.split(',').includes(SIMULATED_WEB.id),
  };
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-'));
  let server: FileServer | undefined;
  try {
    const sets = await makeSets(folder, plan.workloads, plan.seed);
    server = await startFileServer(folder, await made(join(folder, 'server')));
    console.log(describeBench(server, sets));
    const shared = { server, tool: TOOL ?? '', seed: plan.seed, scratch: join(folder, 'run'), signal };
    const benchFor = ({ set }: Workload): Bench => ({ ...shared, files: sets.get(set)?.files ?? [] });
    const startUps = await measureStartUps(plan.workloads, benchFor);
    const comparisons: Comparison[] = [];
    const faults: string[] = [];
    const compare = async (id: string, comparison: () => Promise<Comparison>): Promise<void> => {
      try {
        comparisons.push(await comparison());
      } catch (error) {
        signal.throwIfAborted();
        faults.push(`${id}: ${error instanceof Error ? error.message : error}`);
        await rm(shared.scratch, { recursive: true, force: true });
      }
    };
    for (const workload of plan.workloads) {
      const { id, title } = workload;
      const rows = Math.ceil(plan.count * workload.share);
      await compare(id, async () => {
        const run = (client: ClientName) => measure(client, workload, rows, benchFor(workload));
        return { id, title, perfect: true, runs: await inTurn(id, plan.pairs, run) };
      });
    }
    if (plan.withWeb) await compare(SIMULATED_WEB.id, () => compareOnWeb(plan.count, folder, shared));
    comparisons.sort((a, b) => (a.id < b.id ? -1 : 1));
    console.log(`\n${comparisonTable(comparisons, startUps)}\n\n${describeStartUps(startUps)}`);
    const [first] = plan.workloads;
    if (first !== undefined && plan.withStages)
      console.log(`\n${await stagesTable(first, plan.count, benchFor(first))}`);
    for (const fault of [...faults, ...shortfalls(comparisons)]) {
      console.log(`NOT COMPARABLE, ${fault}`);
      process.exitCode = 1;
    }
    if (TOOL === undefined) console.log(`\n${HOW_TO_INSTALL}`);
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The images that the workloads need. */
async function makeSets(
  folder: string,
  workloads: readonly Workload[],
  seed: number,
): Promise<ReadonlyMap<SetName, ImageSet>> {
  const sets = new Map<SetName, ImageSet>();
  for (const { set } of workloads) {
    if (sets.has(set)) continue;
    console.error(`generating the images '${set}'`);
    sets.set(set, await makeImageSet(folder, set, seed));
  }
  return sets;
}

/** Runs each client `pairs` times, A B A B. */
async function inTurn(
  id: string,
  pairs: number,
  run: (client: ClientName) => Promise<Figures>,
): Promise<Comparison['runs']> {
  const runs: Record<ClientName, Figures[]> = { img2dataset: [], 'laion-fetch': [] };
  for (let pair = 1; pair <= pairs; pair++) {
    for (const client of CLIENTS) {
      const figures = await run(client);
      const cpu = figures.cpuSeconds === null ? '' : `, ${figures.cpuSeconds.toFixed(1)} s CPU`;
      console.error(
        `${id} ${pair}/${pairs} ${client}: ${figures.successes} of ${figures.rows} in ${figures.seconds.toFixed(1)} s${cpu}`,
      );
      runs[client].push(figures);
    }
  }
  return runs;
}

async function compareOnWeb(
  count: number,
  folder: string,
  bench: Omit<Bench, 'server' | 'files'>,
): Promise<Comparison> {
  const { id, title, share } = SIMULATED_WEB;
  const images = join(folder, 'web-images');
  await makeImages(images, bench.seed);
  const rows = Math.ceil(count * share);
  const runs = await inTurn(id, 1, (client) => measureWeb(client, rows, images, bench));
  return { id, title, perfect: false, runs };
}

/** The cheapest of a few runs with hardly any work. */
async function measureStartUps(
  workloads: readonly Workload[],
  benchFor: (workload: Workload) => Bench,
): Promise<StartUps> {
  const [workload] = workloads;
  const startUps: Partial<Record<ClientName, StartUp>> = {};
  if (workload === undefined) return startUps;
  for (const client of CLIENTS) {
    const runs: Figures[] = [];
    for (let run = 0; run < START_UP.runs; run++)
      runs.push(await measure(client, workload, START_UP.rows, benchFor(workload)));
    startUps[client] = {
      seconds: Math.min(...runs.map(({ seconds }) => seconds)),
      cpuSeconds: Math.min(...runs.map(({ cpuSeconds }) => cpuSeconds ?? 0)),
    };
  }
  return startUps;
}

function describeBench(server: FileServer, sets: ReadonlyMap<SetName, ImageSet>): string {
  const drawn = [...sets.values()].map(
    ({ name, files, meanBytes, bitsPerPixel, meanPixels }) =>
      `- images '${name}': ${files.length} generated files, mean ${(meanBytes / 1000).toFixed(1)} kB, ` +
      `${bitsPerPixel.toFixed(2)} bits per pixel, ${(meanPixels / 1e6).toFixed(2)} megapixels`,
  );
  const other = TOOL === undefined ? '' : `, ${describeTool(TOOL)}`;
  return [`- ${describeMachine()}${other}, served by ${server.name}`, ...drawn].join('\n');
}

/** "img2dataset 1.47.0, OpenCV 4.12.0.88", from the Python beside the command. */
function describeTool(tool: string): string {
  const script = [
    'import importlib.metadata as m, platform',
    'print("img2dataset", m.version("img2dataset") + ", OpenCV", m.version("opencv-python-headless") + ", Python", platform.python_version())',
  ].join('\n');
  try {
    return execFileSync(join(dirname(tool), 'python'), ['-c', script], { encoding: 'utf8' }).trim();
  } catch {
    return 'img2dataset of unknown version';
  }
}

function describeStartUps(startUps: StartUps): string {
  const words = Object.entries(startUps).map(
    ([client, { seconds, cpuSeconds }]) =>
      `${client} ${seconds.toFixed(1)} s and ${cpuSeconds.toFixed(1)} s CPU`,
  );
  return `Start and end of a run, not counted in img/s and CPU: ${words.join(', ')}.`;
}

function chooseWorkloads(): readonly Workload[] {
  const known = [...WORKLOADS, SIMULATED_WEB].map(({ id }) => id);
  const wanted = values.only.split(',');
  const unknown = wanted.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new Error(`Cannot use --only ${unknown}: expected ${known.join(', ')}`);
  return WORKLOADS.filter(({ id }) => wanted.includes(id));
}

async function made(folder: string): Promise<string> {
  await mkdir(folder);
  return folder;
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
