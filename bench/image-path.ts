import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { CHECK_ONLY, decodeJpeg } from '../src/codec/decode-jpeg.ts';
import { type JpegHeader, readJpegHeader } from '../src/codec/jpeg-header.ts';
import { loadKernel } from '../src/codec/kernel-module.ts';
import { readExif } from '../src/image/exif/exif.ts';
import { digest } from '../src/image/job/digest.ts';
import { DEFAULT_LIMITS, type ImageSettings } from '../src/image/job/settings.ts';
import { processImage } from '../src/image/render/process-image.ts';
import { PLAIN } from '../test/image/fixtures.ts';
import { type ImageSet, makeImageSets } from './image-sets.ts';
import { describeMachine } from './machine.ts';
import { withSharp } from './with-sharp.ts';

// npm run bench:images [-- SEED]; see bench/README.md.

/** The fastest of these runs counts, because other processes can only slow a run down. */
const RUNS = 4;
const SETTINGS: ImageSettings = {
  ...PLAIN,
  imageSize: 256,
  resizeMode: 'keep_ratio',
  autoOrient: true,
  keepRightsMetadata: false,
  extractExif: true,
  computeHash: 'sha256',
};
const DATACOMP = {
  ...SETTINGS,
  imageSize: 512,
  resizeMode: 'keep_ratio_largest',
  resizeOnlyIfBigger: true,
} as const;

/** The sets that resemble most images of the web. */
const COMMON: readonly string[] = ['laion-like', 'wide'];

type Work = (image: Buffer) => unknown;

/** CPU milliseconds per image. */
async function cost({ images }: ImageSet, work: Work): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    for (const image of images) await work(image);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000 / images.length);
  }
  return best;
}

function runPython(script: string, ...options: readonly string[]): string {
  const python = process.env['OPENCV_PYTHON'] ?? '';
  return execFileSync(python, [fileURLToPath(new URL(script, import.meta.url)), ...options], {
    encoding: 'utf8',
  });
}

function withOpenCv(folder: string, { imageSize, resizeMode, resizeOnlyIfBigger }: ImageSettings): number {
  if (process.env['OPENCV_PYTHON'] === undefined) return Number.NaN;
  const options = [folder, String(imageSize), resizeMode, String(resizeOnlyIfBigger)];
  const answer = JSON.parse(runPython('opencv-path.py', ...options)) as {
    readonly ms: Readonly<Record<string, number>>;
  };
  return answer.ms['all'] ?? Number.NaN;
}

const headerOf = (image: Buffer): JpegHeader => {
  const header = readJpegHeader(image);
  if (header === null) throw new Error('Expected a plain JPEG');
  return header;
};

/** Mean similarity of one set's results in one direction: of one program to exact ones, or of ours to sharp's. */
type Likeness = readonly [direction: string, by: string, count: number, decibels: number, ssim: number];

/** JPEG qualities for the comparison with exact results: the default, and one at which JPEG itself rounds little. */
async function printQuality(sets: readonly ImageSet[], folder: string): Promise<void> {
  console.log('\n| images | | JPEG quality | by | count | dB | SSIM |\n|---|---|---|---|---|---|---|');
  const besideSharp: Likeness[] = [];
  for (const set of sets) {
    for (const encodeQuality of [SETTINGS.encodeQuality, 100]) {
      const rows = await measureLikeness(set, { ...SETTINGS, encodeQuality }, folder);
      for (const [direction, by, count, decibels, ssim] of rows) {
        const figures = [count, decibels.toFixed(2), ssim.toFixed(4)];
        console.log(`| ${[set.name, direction, encodeQuality, by, ...figures].join(' | ')} |`);
      }
      if (COMMON.includes(set.name) && encodeQuality === SETTINGS.encodeQuality)
        besideSharp.push(...rows.filter(([, by]) => by === 'laion-fetch compared with sharp'));
    }
  }
  const count = besideSharp.reduce((sum, row) => sum + row[2], 0);
  const decibels = besideSharp.reduce((sum, row) => sum + row[2] * row[3], 0) / count;
  console.log(
    `\nlaion-fetch compared with sharp, ${COMMON.join(' and ')}, ${count} images: ${decibels.toFixed(2)} dB on average`,
  );
}

async function measureLikeness(
  set: ImageSet,
  settings: ImageSettings,
  folder: string,
): Promise<readonly Likeness[]> {
  const quality = String(settings.encodeQuality);
  const place = join(folder, `results of ${set.name} at ${quality}`);
  await mkdir(place);
  for (const [at, image] of set.images.entries()) {
    const ours = await processImage({ bytes: image }, settings, DEFAULT_LIMITS);
    if (!ours.ok) throw new Error(`Expected an image, found ${ours.code}`);
    await writeFile(join(place, `${at}.jpg`), image);
    await writeFile(join(place, `${at}.laion-fetch.jpg`), ours.image.bytes);
    await writeFile(join(place, `${at}.sharp.jpg`), await withSharp(image, settings));
  }
  return JSON.parse(runPython('image-quality.py', place, quality)) as Likeness[];
}

async function printStages(set: ImageSet): Promise<void> {
  const kernel = loadKernel();
  const stages: Readonly<Record<string, Work>> = {
    header: readJpegHeader,
    sha256: (image) => digest(image, 'sha256'),
    EXIF: (image) => readExif(readJpegHeader(image)?.exif),
    'entropy code only': (image) => decodeJpeg(kernel, image, headerOf(image), CHECK_ONLY),
    decode: (image) => decodeJpeg(kernel, image, headerOf(image), 0),
    'all, in one process': (image) => processImage({ bytes: image }, SETTINGS, DEFAULT_LIMITS),
    'sharp: metadata': (image) => sharp(image).metadata(),
    'sharp: decode': (image) => sharp(image).raw().toBuffer(),
  };
  for (const [name, work] of Object.entries(stages))
    console.log(`| ${set.name} | ${name} | ${(await cost(set, work)).toFixed(3)} |`);
}

sharp.concurrency(1);
sharp.cache(false);
const seed = Number(process.argv[2] ?? 1);
const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-images-'));
try {
  const sets = await makeImageSets(seed, process.env['PHOTOS']);
  console.log(`${describeMachine()}, sharp ${sharp.versions.sharp}, seed ${seed}\n`);
  console.log(
    '| images | mean KB | laion-fetch | sharp | OpenCV | OpenCV : laion-fetch |\n|---|---|---|---|---|---|',
  );
  for (const [index, set] of sets.entries()) {
    const place = join(folder, String(index));
    await mkdir(place);
    for (const [at, image] of set.images.entries()) await writeFile(join(place, `${at}.jpg`), image);
    for (const settings of index === 0 ? [SETTINGS, DATACOMP] : [SETTINGS]) {
      const ours = await cost(set, (image) => processImage({ bytes: image }, settings, DEFAULT_LIMITS));
      const its = await cost(set, (image) => withSharp(image, settings));
      const openCv = withOpenCv(place, settings);
      const bytes = set.images.reduce((sum, { length }) => sum + length, 0) / set.images.length;
      const columns = [ours, its, openCv, openCv / ours].map((ms) => ms.toFixed(2));
      console.log(
        `| ${[`${set.name}, ${settings.imageSize}`, Math.round(bytes / 1000), ...columns].join(' | ')} |`,
      );
    }
  }
  console.log('\n| images | stage | ms |\n|---|---|---|');
  for (const set of sets.filter(({ name }) => COMMON.includes(name))) await printStages(set);
  if (process.env['OPENCV_PYTHON'] !== undefined) await printQuality(sets, folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
