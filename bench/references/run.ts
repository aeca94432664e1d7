/**
 * Compares pixels with those that img2dataset makes in its own tests of blurring and resizing:
 *
 *   IMG2DATASET_PYTHON=env/bin/python npm run bench:references -- TESTS
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { DEFAULT_LIMITS, type ImageSettings } from '../../src/image/job/settings.ts';
import { processImage } from '../../src/image/render/process-image.ts';
import { PLAIN } from '../../test/image/fixtures.ts';

interface Case {
  readonly test: string;
  readonly source: string;
  readonly boxes: readonly (readonly number[])[] | null;
  readonly settings: Pick<ImageSettings, 'resizeMode' | 'resizeOnlyIfBigger' | 'encodeFormat'>;
  /** File with img2dataset's result. */
  readonly theirs: string;
}

/** Least decibels where img2dataset's test compares pixels. */
const LEAST = 35;
const SAME = Number.POSITIVE_INFINITY;

const [tests] = process.argv.slice(2);
const python = process.env['IMG2DATASET_PYTHON'];
if (tests === undefined) throw new Error("usage: npm run bench:references -- img2dataset's folder 'tests'");
if (python === undefined) throw new Error('Expected a Python with img2dataset 1.47.0 in IMG2DATASET_PYTHON');

const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-references-'));
try {
  execFileSync(python, [fileURLToPath(new URL('make.py', import.meta.url)), tests, folder]);
  const cases: readonly Case[] = JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8'));
  const lines = new Map<string, number[]>();
  for (const each of cases) {
    const { resizeMode, resizeOnlyIfBigger, encodeFormat } = each.settings;
    const name = [each.test, resizeMode, resizeOnlyIfBigger ? 'yes' : '', encodeFormat].join(' | ');
    lines.set(name, [...(lines.get(name) ?? []), await likeness(each)]);
  }
  console.log('| test | resize mode | only if bigger | format | images | least dB | median dB |');
  console.log('|---|---|---|---|--:|--:|--:|');
  for (const [name, decibels] of lines) {
    const sorted = decibels.toSorted((a, b) => a - b);
    const figures = [sorted[0] ?? 0, sorted[sorted.length >> 1] ?? 0].map((value) =>
      value === SAME ? 'same' : value.toFixed(1),
    );
    console.log(`| ${[name, sorted.length, ...figures].join(' | ')} |`);
  }
  const behind = [...lines].filter(
    ([name, [least = 0]]) => !name.startsWith('test_resizer') && least < LEAST,
  );
  console.log(
    `\n${cases.length} results, all of the same size; ${behind.length} blurred ones below ${LEAST} dB`,
  );
  process.exitCode = behind.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Decibels between img2dataset's result and ours, with the settings of `--preset img2dataset`. */
async function likeness({ source, boxes, settings, theirs }: Case): Promise<number> {
  const job = { bytes: await readFile(source), boxes };
  const result = await processImage(job, { ...PLAIN, blur: 'img2dataset', ...settings }, DEFAULT_LIMITS);
  if (!result.ok) throw new Error(`Expected an image of ${source}, found ${result.code}`);
  const [ours, wanted] = [await decode(result.image.bytes), await decode(await readFile(theirs))];
  if (ours.width !== wanted.width || ours.height !== wanted.height)
    throw new Error(`${source}: ${ours.width}x${ours.height} instead of ${wanted.width}x${wanted.height}`);
  let sum = 0;
  for (const [at, value] of ours.data.entries()) sum += (value - (wanted.data[at] ?? 0)) ** 2;
  return 10 * Math.log10((255 ** 2 * ours.data.length) / sum);
}

async function decode(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
