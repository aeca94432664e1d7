/**
 * Measures memory with two decoders that receive only the most expensive images that pass all limits:
 *
 *   npm run bench:worst-images
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { resolveOptions } from '../src/config/resolve.ts';
import { preCheck } from '../src/image/header/pre-check.ts';
import { DEFAULT_LIMITS } from '../src/image/job/settings.ts';
import { imageSettings } from '../src/run/stages/stage-settings.ts';
import { type Box, startBox } from '../test/support/box/box.ts';
import { gifOfPages } from '../test/support/bytes/image-bombs.ts';
import { CLI } from '../test/support/command/cli.ts';
import { describeMachine } from './machine.ts';
import { processTree } from './web/process-tree.ts';

/** Images of each kind: one per decoder and one that waits. */
const COPIES = 3;
const SAMPLE_EVERY_MS = 20;
const MB = 2 ** 20;

const SQUARE = { width: 8000, height: 8000 };
const WIDE = { width: 32_768, height: 1953 };
const HALF = { width: 5656, height: 5656 };
const WIDE_HALF = { width: 32_768, height: 976 };
const SMALL = { width: 4000, height: 4000 };

type Size = Readonly<{ width: number; height: number }>;

function flat(size: Size, channels: 3 | 4 = 4): Sharp {
  return sharp({ create: { ...size, channels, background: { r: 18, g: 52, b: 86, alpha: 0.5 } } });
}

function noise(side: number): Sharp {
  const gaussian = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  return sharp({
    create: { width: side, height: side, channels: 3, background: '#808080', noise: gaussian },
  });
}

const SCANS = { progressive: true, chromaSubsampling: '4:4:4' } as const;
const IMAGES: Readonly<Record<string, () => Promise<Buffer>>> = {
  'JPEG, 64 MP': () => flat(SQUARE, 3).jpeg().toBuffer(),
  'JPEG, noise of 25 MB': () => noise(7000).jpeg({ quality: 70 }).toBuffer(),
  'JPEG, progressive, CMYK, 64 MP': () => flat(SQUARE, 3).toColourspace('cmyk').jpeg(SCANS).toBuffer(),
  'JPEG, progressive, CMYK, 32,768 wide': () => flat(WIDE, 3).toColourspace('cmyk').jpeg(SCANS).toBuffer(),
  'PNG, RGBA, 64 MP': () => flat(SQUARE).png().toBuffer(),
  'PNG, RGBA, 32,768 wide': () => flat(WIDE).png().toBuffer(),
  'PNG, 16-bit RGBA, 32,768 wide': () => flat(WIDE_HALF).toColourspace('rgb16').png().toBuffer(),
  'PNG, RGBA, interlaced, 32 MP': () => flat(HALF).png({ progressive: true }).toBuffer(),
  'PNG, 16-bit RGBA, interlaced, 32 MP': () =>
    flat(HALF).toColourspace('rgb16').png({ progressive: true }).toBuffer(),
  'GIF, 64 MP': () => flat(SQUARE).gif().toBuffer(),
  'GIF, 2,000,000 frames': async () => gifOfPages(2_000_000),
  'WebP with alpha, 64 MP': () => flat(SQUARE).webp({ effort: 0 }).toBuffer(),
  'WebP, lossless with alpha, 64 MP': () => flat(SQUARE).webp({ effort: 0, lossless: true }).toBuffer(),
  'WebP, lossless, noise of 27 MB': () => noise(3000).webp({ effort: 0, lossless: true }).toBuffer(),
  'AVIF, 16 MP': () => flat(SMALL, 3).avif({ effort: 0 }).toBuffer(),
  'AVIF, 12-bit 4:4:4 with alpha, 16 MP': () =>
    flat(SMALL).avif({ effort: 0, bitdepth: 12, chromaSubsampling: '4:4:4' }).toBuffer(),
};

interface Peaks {
  readonly seconds: number;
  readonly successes: number;
  readonly engineBytes: number;
  /** Of the largest decoder. */
  readonly decoderBytes: number;
  /** Of all processes together. */
  readonly allBytes: number;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-bench-'));
  const images = new Map<string, Buffer>();
  const box = await startBox({
    hosts: {
      '*': {
        paths: {
          '*': ({ path }) => {
            const bytes = images.get(decodeURIComponent(path.slice(1).split('?')[0] ?? ''));
            return bytes === undefined ? { status: 404 } : { body: { base64: bytes.toString('base64') } };
          },
        },
      },
    },
  });
  try {
    console.log(`${describeMachine()}, sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}\n`);
    console.log(line('', 'of', 'ok', 'seconds', 'estimate', 'decoder', 'engine', 'all'));
    images.set('ordinary', await noise(600).jpeg().toBuffer());
    show('ordinary', await measure(box, folder, ['ordinary']));
    for (const [name, make] of Object.entries(IMAGES)) {
      images.set(name, await make());
      show(name, await measure(box, folder, [name]));
    }
    show('all of them, in turn', await measure(box, folder, [...images.keys()]));
    const large = ['--resize-mode', 'no', '--encode-format', 'webp', '--encode-quality', '101'];
    show('the noise as lossless WebP', await measure(box, folder, ['JPEG, noise of 25 MB'], large));
  } finally {
    await box.close();
    await rm(folder, { recursive: true });
  }

  function show(name: string, peaks: Peaks): void {
    const bytes = images.get(name);
    const rows = COPIES * (bytes === undefined && name.startsWith('all') ? images.size : 1);
    const figures = [peaks.decoderBytes, peaks.engineBytes, peaks.allBytes].map(megabytes);
    console.log(
      line(name, `${rows}`, `${peaks.successes}`, peaks.seconds.toFixed(1), estimate(bytes), ...figures),
    );
  }
}

function estimate(bytes: Buffer | undefined): string {
  if (bytes === undefined) return '';
  const screening = preCheck({ bytes }, imageSettings(resolveOptions([]).options), DEFAULT_LIMITS);
  return screening.admitted ? megabytes(screening.estimatedBytes) : screening.code;
}

async function measure(
  box: Box,
  folder: string,
  names: readonly string[],
  flags: readonly string[] = [],
): Promise<Peaks> {
  const index = join(folder, 'index.txt');
  const output = join(folder, 'out');
  const rounds = Array.from({ length: COPIES }, (_, round) =>
    names.map((name) => `${box.url('host.example', `/${encodeURIComponent(name)}`)}?${round}`),
  );
  await writeFile(index, rounds.flat().join('\n'));
  const startedAt = performance.now();
  const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8'];
  const run = spawn(
    process.execPath,
    [CLI, index, '--output', output, ...reach, '--decoders', '2', '--progress', 'none', '--json', ...flags],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let report = '';
  run.stdout.setEncoding('utf8').on('data', (text: string) => {
    report += text;
  });
  const pid = run.pid ?? 0;
  const peaks = { engineBytes: 0, decoderBytes: 0, allBytes: 0 };
  const sampler = setInterval(() => {
    peaks.engineBytes = Math.max(peaks.engineBytes, peakBytes(pid));
    peaks.decoderBytes = Math.max(peaks.decoderBytes, ...children(pid).map(peakBytes));
    peaks.allBytes = Math.max(peaks.allBytes, processTree(pid)?.residentBytes ?? 0);
  }, SAMPLE_EVERY_MS);
  await once(run, 'close');
  clearInterval(sampler);
  const seconds = (performance.now() - startedAt) / 1000;
  await rm(output, { recursive: true });
  return { ...peaks, seconds, successes: Number(JSON.parse(report).successes) };
}

/** Peak memory of a process, from Linux's /proc; 0 after it has ended. */
function peakBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

function children(pid: number): number[] {
  return readOrEmpty(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(0)} MB`;
}

function line(name: string, ...cells: readonly string[]): string {
  return [name.padEnd(40), ...cells.map((cell) => cell.padStart(9))].join('');
}

await main();
