import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageJob } from '../../src/image/job/job.ts';
import type { ImageSettings } from '../../src/image/job/settings.ts';
import type { DecoderPool } from '../../src/image/workers/decoder-pool.ts';
import type { JobFacts } from '../../src/image/workers/protocol.ts';
import { PLAIN } from '../../test/image/fixtures.ts';
import { processTree } from '../web/process-tree.ts';

// A decoder process runs the built code.
const built = new URL('../../dist/image/workers/decoder-pool.js', import.meta.url).href;
const { startDecoders } = (await import(built)) as typeof import('../../src/image/workers/decoder-pool.ts');

/** CPU milliseconds of a decoder process per image. */
export interface DecoderStages {
  readonly transfer: number;
  readonly hash: number;
  /** Decoding, resizing and encoding. */
  readonly image: number;
}

/** The settings of the first workload. */
const SETTINGS: ImageSettings = {
  ...PLAIN,
  imageSize: 256,
  resizeMode: 'keep_ratio',
  extractExif: true,
  computeHash: 'sha256',
};
const WARM_UP = 100;
const ROUNDS = 3;

/** Measures each stage of a decoder by leaving out the later ones: a body with a wrong digest goes no further. */
export async function measureDecoderStages(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<DecoderStages> {
  const images = await Promise.all(files.map((file) => readFile(join(folder, file))));
  const cost = async (changes: Partial<ImageSettings>, facts: JobFacts): Promise<number> => {
    signal.throwIfAborted();
    const jobs = images.map((bytes) => ({ bytes, ...facts }));
    return measureDecoder(jobs, { ...SETTINGS, ...changes });
  };
  const refused = { expectedHash: 'another' };
  const transfer = await cost({ computeHash: null }, refused);
  const hashed = await cost({}, refused);
  return { transfer, hash: Math.max(0, hashed - transfer), image: (await cost({}, {})) - hashed };
}

/** CPU milliseconds per image. */
async function measureDecoder(jobs: readonly ImageJob[], settings: ImageSettings): Promise<number> {
  let pid = 0;
  const decoders = startDecoders({
    count: 1,
    settings,
    onEvent: (event) => {
      pid = event.pid;
    },
  });
  try {
    await decodeAll(decoders, jobs.slice(0, WARM_UP));
    const before = cpuSeconds(pid);
    for (let round = 0; round < ROUNDS; round++) await decodeAll(decoders, jobs);
    return ((cpuSeconds(pid) - before) * 1000) / (ROUNDS * jobs.length);
  } finally {
    await decoders.close();
  }
}

async function decodeAll(decoders: DecoderPool, jobs: readonly ImageJob[]): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      const result = await decoders.decode(job);
      if (!result.ok && result.code !== 'hash_mismatch')
        throw new Error(`The decoder refused an image of the benchmark: ${result.code}`);
    }
  };
  // One job in work, one waiting.
  await Promise.all([work(), work()]);
}

function cpuSeconds(pid: number): number {
  const use = processTree(pid);
  if (use === null) throw new Error('Cannot measure decoders: expected /proc and a running process');
  return use.cpuSeconds;
}
