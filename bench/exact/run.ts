import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { INTERPOLATIONS, type Interpolation } from '../../src/core/choices.ts';
import { DEFAULT_LIMITS } from '../../src/image/job/settings.ts';
import { processImage } from '../../src/image/render/process-image.ts';
import { PLAIN } from '../../test/image/fixtures.ts';
import { describeMachine } from '../machine.ts';
import { type Decoded, KINDS, readPhotographs, type Source } from './sources.ts';
import { fullTable, isBehind, type Line, shortTable } from './table.ts';

// npm run bench:exact [-- --all] [KIND ...]; see bench/README.md.

/** Pixels of the source for one of the result. */
const REDUCTIONS = [1.3, 2, 2.4, 4, 7.9, 13];
const ENLARGEMENTS = [1.3, 2, 2.4, 4, 7.9].map((factor) => 1 / factor);

/** One result for `compare.py`: the source's samples, and ours, each with its file. */
interface Case {
  readonly kind: string;
  readonly interpolation: Interpolation;
  readonly factor: number;
  readonly encoding: 'png' | 'jpg';
  readonly source: Omit<Decoded, 'data'> & { readonly file: string };
  readonly ours: string;
}

const combine = (factors: readonly number[]) =>
  factors.flatMap((factor) =>
    INTERPOLATIONS.flatMap((interpolation) =>
      (['png', 'jpg'] as const).map((encoding) => [factor, interpolation, encoding] as const),
    ),
  );

async function writeCases(folder: string, kind: string, make: Source, photos: readonly Buffer[]) {
  const cases: Case[] = [];
  for (const [photo, bytes] of photos.entries()) {
    // Small sources keep large results small.
    for (const [short, factors] of [
      [61, ENLARGEMENTS],
      [317, REDUCTIONS],
    ] as const) {
      const { bytes: body, decoded } = await make(bytes, short);
      const { data, ...looks } = decoded;
      const source = { file: join(folder, `${photo} ${short}.raw`), ...looks };
      await writeFile(source.file, data);
      for (const [factor, interpolation, encoding] of combine(factors)) {
        if (encoding === 'jpg' && decoded.deep) continue;
        const settings = {
          ...PLAIN,
          autoOrient: true,
          resizeMode: 'keep_ratio',
          imageSize: Math.round(short / factor),
          upscaleInterpolation: interpolation,
          downscaleInterpolation: interpolation,
          encodeFormat: encoding,
          encodeQuality: encoding === 'png' ? 1 : 95,
        } as const;
        const result = await processImage({ bytes: body }, settings, DEFAULT_LIMITS);
        if (!result.ok) throw new Error(`Expected an image of kind ${kind}, found ${result.code}`);
        const ours = join(folder, `${cases.length}.${encoding}`);
        await writeFile(ours, result.image.bytes);
        cases.push({ kind, interpolation, factor, encoding, source, ours });
      }
    }
  }
  return cases;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: 'boolean' } } });
const python = process.env['OPENCV_PYTHON'];
if (python === undefined) throw new Error('Expected a Python with OpenCV in OPENCV_PYTHON');
sharp.concurrency(1);
const photos = await readPhotographs(process.env['PHOTOS']);
const script = fileURLToPath(new URL('compare.py', import.meta.url));
console.log(`${describeMachine()}, sharp ${sharp.versions.sharp}, ${photos.length} photographs\n`);
const figures = ['dB', 'SSIM', 'OpenCV dB', 'OpenCV SSIM'];
const columns = values.all
  ? [...figures, 'shift', 'behind']
  : [`enlarged: ${figures.join(' | ')}`, `reduced: ${figures.join(' | ')}`, 'shift', 'behind'];
const before = values.all ? ['kind', 'encoded as', 'interpolation', 'factor'] : ['kind', 'interpolation'];
const head = [...before, ...columns].join(' | ');
console.log(`| ${head} |`);
console.log(`|${'---|'.repeat(before.length)}${'--:|'.repeat(head.split(' | ').length - before.length)}`);
let behind = 0;
for (const [kind, make] of Object.entries(KINDS)) {
  if (positionals.length > 0 && !positionals.includes(kind)) continue;
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-exact-'));
  try {
    const cases = await writeCases(folder, kind, make, photos);
    await writeFile(join(folder, 'cases.json'), JSON.stringify(cases));
    const lines = JSON.parse(execFileSync(python, [script, folder], { encoding: 'utf8' })) as readonly Line[];
    const asPng = lines.filter(({ encoding }) => encoding === 'png');
    console.log((values.all ? fullTable(kind, lines) : shortTable(kind, asPng)).join('\n'));
    behind += asPng.filter(isBehind).length;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
console.log(`\n${behind} results further from exact arithmetic than OpenCV's, before encoding`);
process.exitCode = behind > 0 ? 1 : 0;
