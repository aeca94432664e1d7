import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClientResult, reachAsNode, reachAsPython, runImg2dataset, runLaionFetch } from '../clients.ts';
import { endByAverage, imagesSent } from '../web/figures.ts';
import { measureOnWeb } from '../web/measure.ts';
import { startNameServer } from '../web/server/name-server.ts';
import { endRate, type Figures } from './figures.ts';
import type { FileServer } from './file-server.ts';
import { COMMON_FLAGS, OWN_FLAGS, type Workload } from './workloads.ts';
import { writeIndex } from './write-index.ts';

export type ClientName = 'img2dataset' | 'laion-fetch';

export interface Bench {
  readonly server: FileServer;
  /** Paths of the workload's images on the server. */
  readonly files: readonly string[];
  /** Path of img2dataset's command; only that client needs it. */
  readonly tool: string;
  /** Flags of Node for laion-fetch. */
  readonly nodeFlags?: readonly string[];
  readonly seed: number;
  /** Folder for the run's files. It must not exist; it is removed afterwards. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** Enough that each process of img2dataset has several, and so few that img2dataset replaces no process. */
const SHARDS = 8;
/** Limits a client that hangs, and img2dataset on the simulated web, which would take an hour. */
const DEADLINE_MS = 600_000;

/** Runs a client on a workload of `rows` rows. */
export async function measure(
  client: ClientName,
  workload: Workload,
  rows: number,
  bench: Bench,
): Promise<Figures> {
  const { server, files, seed, scratch } = bench;
  await mkdir(scratch);
  const index = join(scratch, 'index.parquet');
  writeIndex(index, { rows, seed, files, server, manyHosts: workload.manyHosts });
  const names = workload.manyHosts
    ? await startNameServer({
        address: '127.0.0.1',
        fateOf: (name) => (name.endsWith('.test') ? 'image' : 'nxdomain'),
        firstQuestionMs: 0,
        onQuestion: () => {},
      })
    : null;
  try {
    await server.takeAnswers();
    const { run, successes } = await runClient(client, { index, rows, workload, names }, bench);
    return {
      rows,
      successes,
      stopped: run.stopped,
      seconds: run.seconds,
      cpuSeconds: run.cpuSeconds,
      rootCpuSeconds: run.rootCpuSeconds,
      peakBytes: run.peakBytes,
      endRate: endRate(await server.takeAnswers()),
    };
  } finally {
    names?.close();
    await rm(scratch, { recursive: true });
  }
}

interface Task {
  readonly index: string;
  readonly rows: number;
  readonly workload: Workload;
  readonly names: { readonly port: number } | null;
}

async function runClient(
  client: ClientName,
  { index, rows, workload, names }: Task,
  { server, tool, nodeFlags = [], scratch, signal }: Bench,
): Promise<ClientResult> {
  const output = join(scratch, 'out');
  const perShard = ['--number_sample_per_shard', String(Math.ceil(rows / SHARDS))];
  const args = ['--url_list', index, ...COMMON_FLAGS, ...workload.flags, ...perShard];
  const job = { deadlineMs: DEADLINE_MS, signal };
  const web = names === null ? null : { ca: server.ca, dnsPort: names.port };
  if (client === 'img2dataset') {
    const env = web === null ? {} : await reachAsPython(web, join(scratch, 'modules'));
    return runImg2dataset(tool, output, { ...job, args, env });
  }
  const reach = web === null ? { args: [], env: {} } : reachAsNode(web);
  const own = ['--output_folder', output, ...args, ...OWN_FLAGS, ...reach.args];
  return runLaionFetch({ ...job, nodeFlags, args: own, env: reach.env });
}

/**
 * The same on the simulated web, where hosts are slow and many rows fail. `images` is the folder that `makeImages`
 * filled. A stopped run counts the images that the web had sent.
 */
export async function measureWeb(
  client: ClientName,
  rows: number,
  images: string,
  { tool, seed, scratch, signal }: Omit<Bench, 'server' | 'files'>,
): Promise<Figures> {
  const measured = await measureOnWeb({
    ...{ client, rows, seed, images, tool, scratch, signal },
    perfect: false,
    profile: 'dead-links',
    // img2dataset would hang on hosts that drip.
    drip: false,
    deadlineMs: client === 'img2dataset' ? DEADLINE_MS : Number.POSITIVE_INFINITY,
  });
  const { run, successes } = measured.result;
  return {
    rows,
    successes: run.stopped ? imagesSent(measured.stats) : successes,
    stopped: run.stopped,
    seconds: run.seconds,
    cpuSeconds: run.cpuSeconds,
    rootCpuSeconds: run.rootCpuSeconds,
    peakBytes: run.peakBytes,
    endRate: endByAverage(measured),
  };
}
