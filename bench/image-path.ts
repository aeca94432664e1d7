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
import { makePictureSets, type PictureSet } from './image-sets.ts';
import { describeMachine } from './machine.ts';
import { withSharp } from './with-sharp.ts';

// npm run bench:images [-- SEED]; see README.md beside this file.

/** The least of these runs counts: others on the machine only ever add. */
const RUNS = 4;
const SETTINGS: ImageSettings = {
  ...PLAIN,
  imageSize: 256,
  resizeMode: 'keep_ratio',
  autoOrient: true,
  extractExif: true,
  computeHash: 'sha256',
};
const DATACOMP = {
  ...SETTINGS,
  imageSize: 512,
  resizeMode: 'keep_ratio_largest',
  resizeOnlyIfBigger: true,
} as const;

/** The sets of pictures as the web has most of. */
const COMMON: readonly string[] = ['laion-like', 'wide'];

type Work = (picture: Buffer) => unknown;

/** Milliseconds of processor time a picture. */
async function cost({ pictures }: PictureSet, work: Work): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    for (const picture of pictures) await work(picture);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000 / pictures.length);
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

const headerOf = (picture: Buffer): JpegHeader => {
  const header = readJpegHeader(picture);
  if (header === null) throw new Error('Expected a plain JPEG');
  return header;
};

/** Of one set, one direction and one maker: how like its results are to exact ones, or ours to sharp's, on average. */
type Likeness = readonly [direction: string, by: string, count: number, decibels: number, ssim: number];

/** How like the results are to exact ones: as they are written, and with little left of what JPEG itself rounds away. */
async function printQuality(sets: readonly PictureSet[], folder: string): Promise<void> {
  console.log('\n| pictures | | JPEG quality | by | count | dB | SSIM |\n|---|---|---|---|---|---|---|');
  const besideSharp: Likeness[] = [];
  for (const set of sets) {
    for (const encodeQuality of [SETTINGS.encodeQuality, 100]) {
      const rows = await measureLikeness(set, { ...SETTINGS, encodeQuality }, folder);
      for (const [direction, by, count, decibels, ssim] of rows) {
        const figures = [count, decibels.toFixed(2), ssim.toFixed(4)];
        console.log(`| ${[set.name, direction, encodeQuality, by, ...figures].join(' | ')} |`);
      }
      if (COMMON.includes(set.name) && encodeQuality === SETTINGS.encodeQuality)
        besideSharp.push(...rows.filter(([, by]) => by === 'laion-fetch against sharp'));
    }
  }
  const count = besideSharp.reduce((sum, row) => sum + row[2], 0);
  const decibels = besideSharp.reduce((sum, row) => sum + row[2] * row[3], 0) / count;
  console.log(
    `\nlaion-fetch against sharp, ${COMMON.join(' and ')}, ${count} pictures: ${decibels.toFixed(2)} dB on average`,
  );
}

async function measureLikeness(
  set: PictureSet,
  settings: ImageSettings,
  folder: string,
): Promise<readonly Likeness[]> {
  const quality = String(settings.encodeQuality);
  const place = join(folder, `results of ${set.name} at ${quality}`);
  await mkdir(place);
  for (const [at, picture] of set.pictures.entries()) {
    const ours = await processImage({ bytes: picture }, settings, DEFAULT_LIMITS);
    if (!ours.ok) throw new Error(`Expected a picture, found ${ours.code}`);
    await writeFile(join(place, `${at}.jpg`), picture);
    await writeFile(join(place, `${at}.laion-fetch.jpg`), ours.image.bytes);
    await writeFile(join(place, `${at}.sharp.jpg`), await withSharp(picture, settings));
  }
  return JSON.parse(runPython('picture-quality.py', place, quality)) as Likeness[];
}

async function printStages(set: PictureSet): Promise<void> {
  const kernel = loadKernel();
  const stages: Readonly<Record<string, Work>> = {
    header: readJpegHeader,
    sha256: (picture) => digest(picture, 'sha256'),
    EXIF: (picture) => readExif(readJpegHeader(picture)?.exif),
    'entropy code only': (picture) => decodeJpeg(kernel, picture, headerOf(picture), CHECK_ONLY),
    decode: (picture) => decodeJpeg(kernel, picture, headerOf(picture), 0),
    'all, in one process': (picture) => processImage({ bytes: picture }, SETTINGS, DEFAULT_LIMITS),
    'sharp: metadata': (picture) => sharp(picture).metadata(),
    'sharp: decode': (picture) => sharp(picture).raw().toBuffer(),
  };
  for (const [name, work] of Object.entries(stages))
    console.log(`| ${set.name} | ${name} | ${(await cost(set, work)).toFixed(3)} |`);
}

sharp.concurrency(1);
sharp.cache(false);
const seed = Number(process.argv[2] ?? 1);
const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-pictures-'));
try {
  const sets = await makePictureSets(seed, process.env['PHOTOS']);
  console.log(`${describeMachine()}, sharp ${sharp.versions.sharp}, seed ${seed}\n`);
  console.log(
    '| pictures | mean KB | laion-fetch | sharp | OpenCV | OpenCV : laion-fetch |\n|---|---|---|---|---|---|',
  );
  for (const [index, set] of sets.entries()) {
    const place = join(folder, String(index));
    await mkdir(place);
    for (const [at, picture] of set.pictures.entries()) await writeFile(join(place, `${at}.jpg`), picture);
    for (const settings of index === 0 ? [SETTINGS, DATACOMP] : [SETTINGS]) {
      const ours = await cost(set, (picture) => processImage({ bytes: picture }, settings, DEFAULT_LIMITS));
      const its = await cost(set, (picture) => withSharp(picture, settings));
      const openCv = withOpenCv(place, settings);
      const bytes = set.pictures.reduce((sum, { length }) => sum + length, 0) / set.pictures.length;
      const columns = [ours, its, openCv, openCv / ours].map((ms) => ms.toFixed(2));
      console.log(
        `| ${[`${set.name}, ${settings.imageSize}`, Math.round(bytes / 1000), ...columns].join(' | ')} |`,
      );
    }
  }
  console.log('\n| pictures | stage | ms |\n|---|---|---|');
  for (const set of sets.filter(({ name }) => COMMON.includes(name))) await printStages(set);
  if (process.env['OPENCV_PYTHON'] !== undefined) await printQuality(sets, folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
