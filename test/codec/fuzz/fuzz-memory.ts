import { Codec } from '../../../src/codec/codec.ts';
import { readJpegHeader } from '../../../src/codec/jpeg-header.ts';
import { type Kernel, loadKernel } from '../../../src/codec/kernel-module.ts';
import { readPngHeader } from '../../../src/codec/png-header.ts';
import { turnedSize, turnFor } from '../../../src/codec/resample/axes.ts';
import type { Size } from '../../../src/codec/resample/plan.ts';
import type { Pixels } from '../../../src/codec/scale-exactly.ts';
import { readWebpHeader } from '../../../src/codec/webp.ts';
import { INTERPOLATIONS, RESIZE_MODES } from '../../../src/core/choices.ts';
import { planResize } from '../../../src/image/job/resize-modes.ts';
import { imageFixture, imageFixtureNames, PLAIN } from '../../image/fixtures.ts';
import { random } from '../../image/photo.ts';
import { mutate } from '../../support/bytes/mutate.ts';

/** Bytes that stand for what an earlier image left in the kernel's memory. */
const PATTERNS = [0x55, 0xff] as const;
/** All JPEGs, PNGs and WebPs except the largest, which take long; most are for the fallback, which asks for missing pixels. */
const CORPUS = imageFixtureNames()
  .filter((name) => /\.(jpg|png|webp)$/.test(name))
  .map(imageFixture)
  .filter(({ length }) => length < 60_000);

/** Results for images with several of the codec's steps behind them. */
export interface MemoryCounts {
  images: number;
  intact: number;
  converted: number;
  scaled: number;
}

/**
 * Gives `count` images to the codec, damaged and whole, and random pixels to scale. Fills the memory of the kernel with
 * one pattern and another before each. Throws if a result depends on the pattern, or on the images before: a new kernel
 * must give the same.
 */
export function fuzzMemory(seed: number, count: number): MemoryCounts {
  const next = random(seed);
  const counts: MemoryCounts = { images: count, intact: 0, converted: 0, scaled: 0 };
  const used = new PoisonedCodec();
  for (let copy = 0; copy < count; copy++) {
    const file = CORPUS[copy % CORPUS.length] ?? Buffer.of();
    const bytes = next() < 0.3 ? file : mutate(file, next);
    const task = drawTask(bytes, next);
    const fresh = work(new Codec(95), task);
    // Makes the memory as large as the work needs, because new memory is zero.
    work(used.codec, task);
    for (const pattern of PATTERNS) {
      used.poison(pattern);
      const again = work(used.codec, task);
      const step = (Object.keys(fresh) as (keyof Results)[]).find((key) => !isSame(fresh[key], again[key]));
      if (step !== undefined)
        throw new Error(`seed ${seed}, copy ${copy}: ${step} depends on memory filled with ${pattern}`);
    }
    counts.intact += fresh.intact ? 1 : 0;
    counts.converted += fresh.converted === null ? 0 : 1;
    counts.scaled += fresh.scaled === null ? 0 : 1;
  }
  return counts;
}

/** One codec whose kernel's memory can be filled, whichever kernel it uses at the moment. */
class PoisonedCodec {
  #kernel: Kernel | undefined;
  readonly codec = new Codec(95, () => {
    this.#kernel = loadKernel();
    return this.#kernel;
  });

  /** Fills all memory that images use. Below it are tables, which each image has to define anew. */
  poison(pattern: number): void {
    if (this.#kernel === undefined) throw new Error('Expected a kernel');
    this.#kernel.reset();
    new Uint8Array(this.#kernel.memory.buffer).fill(pattern, this.#kernel.allocate(0));
  }
}

type Task = ReturnType<typeof drawTask>;
type Results = ReturnType<typeof work>;

/** Everything that is done with one image, chosen at random. */
function drawTask(bytes: Uint8Array, next: () => number) {
  const pick = <T>(values: readonly [T, ...T[]]): T =>
    values[Math.floor(next() * values.length)] ?? values[0];
  const side = () => 20 + Math.floor(next() * 70);
  const [width, height, channels] = [side(), side(), pick<1 | 3>([1, 3])] as const;
  const length = width * height * channels;
  const samples =
    next() < 0.5
      ? Uint8Array.from({ length }, () => next() * 256)
      : Uint16Array.from({ length }, () => next() * 65_536);
  const pixels: Pixels<Uint8Array | Uint16Array> = { samples, width, height, channels };
  return {
    bytes,
    pixels,
    settings: {
      ...PLAIN,
      resizeMode: pick(RESIZE_MODES),
      imageSize: 1 + Math.floor(next() ** 3 * 300),
    },
    interpolation: pick(INTERPOLATIONS),
    turn: turnFor(1 + Math.floor(next() * 8)),
  };
}

function work(codec: Codec, { bytes, pixels, settings, interpolation, turn }: Task) {
  const header = readJpegHeader(bytes) ?? readPngHeader(bytes) ?? readWebpHeader(bytes);
  const planFor = ({ width, height }: Size) => planResize(width, height, settings);
  const shallow = pixels.samples instanceof Uint8Array ? { ...pixels, samples: pixels.samples } : null;
  return {
    lacksPixels: codec.lacksPixels(bytes),
    intact: header !== null && codec.isIntact(bytes, header),
    converted: header && codec.convert(bytes, header, planFor(turnedSize(header, turn)), interpolation, turn),
    encoded: shallow && codec.encodePixels(shallow, planFor(pixels), interpolation),
    scaled: codec.scalePixels(pixels, planFor(pixels), interpolation)?.samples ?? null,
  };
}

function isSame(one: Results[keyof Results], other: Results[keyof Results]): boolean {
  const [a, b] = [one, other].map((value) =>
    ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value,
  );
  return a instanceof Buffer && b instanceof Buffer ? a.equals(b) : a === b;
}
