import { Codec, type PlainHeader } from '../../../src/codec/codec.ts';
import { readJpegHeader } from '../../../src/codec/jpeg-header.ts';
import { readPngHeader } from '../../../src/codec/png-header.ts';
import { readWebpHeader } from '../../../src/codec/webp.ts';
import { planResize } from '../../../src/image/job/resize-modes.ts';
import { imageFixture, imageFixtureNames } from '../../image/fixtures.ts';
import { random } from '../../image/photo.ts';
import { mutate } from '../../support/bytes/mutate.ts';
import { decibels, isIntact, KEEP_RATIO, reference } from '../beside-sharp.ts';
import { startWatchdog } from './watchdog.ts';

/** Damaged tables give colours outside RGB, which the codec and sharp clip at different stages. */
const MIN_DECIBELS = 25;
/** No corpus image takes a tenth of this, so a slower copy is a hang and not a slow machine. */
const MAX_MS = 5000;
/** Time after which a copy counts as an endless loop; it includes sharp's work on the copy. */
const HANG_MS = 30_000;
/** Between two images a codec keeps a kernel of 32 MiB and a few JPEG headers; the rest is uncollected garbage. */
const MAX_GROWTH_BYTES = 256 * 2 ** 20;

/** Number of damaged copies by outcome. */
export interface FuzzCounts {
  refusedByHeader: number;
  refusedByCodec: number;
  accepted: number;
}

interface Subject {
  readonly name: string;
  readonly bytes: Buffer;
  readonly readHeader: (bytes: Uint8Array) => PlainHeader | null;
}

const READERS: Readonly<Record<string, Subject['readHeader']>> = {
  '.png': readPngHeader,
  webp: readWebpHeader,
};

/** The JPEGs, PNGs and WebPs of `fixtures/images` that the codec accepts undamaged, except the largest, which take long. */
const CORPUS: readonly Subject[] = imageFixtureNames().flatMap((name): Subject[] => {
  const readHeader = READERS[name.slice(-4)] ?? readJpegHeader;
  const bytes = imageFixture(name);
  return bytes.length < 60_000 && readHeader(bytes) !== null ? [{ name, bytes, readHeader }] : [];
});

/**
 * Gives `count` damaged copies of the corpus to one codec. The same seed gives the same copies. Throws at the first
 * broken promise, and names the seed and the number of the copy:
 *
 * - a copy that the codec accepts is intact for sharp as well, and both make the same image of it;
 * - no copy makes it throw: the only trap of the kernel, a full memory, becomes a refusal;
 * - no copy takes longer than 5 s, and resident memory grows by at most 256 MiB.
 *
 * An endless loop cannot throw: after 30 s the watchdog kills the process.
 */
export async function fuzzCodec(seed: number, count: number): Promise<FuzzCounts> {
  const next = random(seed);
  const codec = new Codec(95);
  const counts: FuzzCounts = { refusedByHeader: 0, refusedByCodec: 0, accepted: 0 };
  const residentAtStart = process.memoryUsage.rss();
  const watchdog = startWatchdog(`seed ${seed}`, HANG_MS);
  try {
    for (let copy = 0; copy < count; copy++) {
      const subject = CORPUS[copy % CORPUS.length];
      if (subject === undefined) throw new Error('fixtures/images has no image for the codec');
      const bytes = mutate(subject.bytes, next);
      watchdog.begin(copy);
      try {
        counts[await fuzzOne(codec, subject, bytes)] += 1;
      } catch (cause) {
        throw new Error(`seed ${seed}, copy ${copy} of ${subject.name}: ${String(cause)}`, { cause });
      }
    }
  } finally {
    await watchdog.stop();
  }
  const grown = process.memoryUsage.rss() - residentAtStart;
  if (grown > MAX_GROWTH_BYTES) throw new Error(`seed ${seed}: memory grew by ${grown} bytes`);
  return counts;
}

async function fuzzOne(codec: Codec, { readHeader }: Subject, bytes: Uint8Array): Promise<keyof FuzzCounts> {
  const started = performance.now();
  const header = readHeader(bytes);
  if (header === null) return 'refusedByHeader';
  const intact = codec.isIntact(bytes, header);
  const plan = planResize(header.width, header.height, KEEP_RATIO);
  const ours = codec.convert(bytes, header, plan, 'cubic');
  const took = performance.now() - started;
  if (took > MAX_MS) throw new Error(`took ${Math.round(took)} ms, expected at most ${MAX_MS} ms`);
  if (intact && !(await isIntact(bytes))) throw new Error('intact for the codec, damaged for sharp');
  if (ours === null) return 'refusedByCodec';
  if (!intact) throw new Error('converted, although the check found damage');
  const likeness = await decibels(ours, await reference(bytes, KEEP_RATIO));
  if (likeness < MIN_DECIBELS) throw new Error(`only ${likeness.toFixed(1)} dB like the result of sharp`);
  return 'accepted';
}
