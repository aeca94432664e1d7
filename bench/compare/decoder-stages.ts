import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Decoders } from '../../src/image/decoders.ts';
import type { ImageSettings } from '../../src/image/settings.ts';
import { PLAIN } from '../../test/image/fixtures.ts';
import { processTree } from '../web/process-tree.ts';

// A decoder process runs what was built.
const built = new URL('../../dist/image/decoders.js', import.meta.url).href;
const { startDecoders } = (await import(built)) as typeof import('../../src/image/decoders.ts');

/** Milliseconds a picture of a decoder process. */
export interface DecoderStages {
  readonly transfer: number;
  readonly hash: number;
  /** Decoding, resizing and encoding. */
  readonly picture: number;
}

/** Those of the first workload. */
const SETTINGS: ImageSettings = {
  ...PLAIN,
  imageSize: 256,
  resizeMode: 'keep_ratio',
  extractExif: true,
  computeHash: 'sha256',
};
const WARM_UP = 100;
const ROUNDS = 3;

/** What a decoder spends on each stage, by leaving stages out: bytes that are kept unseen are only transferred. */
export async function measureDecoderStages(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<DecoderStages> {
  const pictures = await Promise.all(files.map((file) => readFile(join(folder, file))));
  const cost = async (changes: Partial<ImageSettings>): Promise<number> => {
    signal.throwIfAborted();
    return measureDecoder(pictures, { ...SETTINGS, ...changes });
  };
  const unseen = { disableAllReencoding: true, extractExif: false };
  const transfer = await cost({ ...unseen, computeHash: null });
  const hashed = await cost(unseen);
  return { transfer, hash: Math.max(0, hashed - transfer), picture: (await cost({})) - hashed };
}

/** CPU milliseconds a picture. */
async function measureDecoder(pictures: readonly Uint8Array[], settings: ImageSettings): Promise<number> {
  let pid = 0;
  const decoders = startDecoders({
    count: 1,
    settings,
    onEvent: (event) => {
      pid = event.pid;
    },
  });
  try {
    await decodeAll(decoders, pictures.slice(0, WARM_UP));
    const before = cpuSeconds(pid);
    for (let round = 0; round < ROUNDS; round++) await decodeAll(decoders, pictures);
    return ((cpuSeconds(pid) - before) * 1000) / (ROUNDS * pictures.length);
  } finally {
    await decoders.close();
  }
}

async function decodeAll(decoders: Decoders, pictures: readonly Uint8Array[]): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let bytes = pictures[next++]; bytes !== undefined; bytes = pictures[next++]) {
      const result = await decoders.decode({ bytes });
      if (!result.ok) throw new Error(`A picture of the bench was refused: ${result.code}`);
    }
  };
  // One that is worked on, one that waits at hand.
  await Promise.all([work(), work()]);
}

function cpuSeconds(pid: number): number {
  const use = processTree(pid);
  if (use === null) throw new Error('Cannot measure decoders: expected /proc and a living process');
  return use.cpuSeconds;
}
