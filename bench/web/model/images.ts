import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { photo } from '../../../test/image/photo.ts';
import { FORMATS, LONG_BY_SHORT, SHORT_SIDE } from './distributions.ts';
import { normal, randomNumbers } from './random.ts';

type Format = keyof typeof FORMATS;

export interface Image {
  readonly body: Buffer;
  readonly type: string;
}

export interface PlannedImage {
  readonly width: number;
  readonly height: number;
  readonly format: Format;
}

const POOL = 300;
const CANVASES = 4;
const CANVAS = { width: 1280, height: 1024, channels: 3 } as const;
/** Maximum noise that is added to a channel of 0 to 255. */
const NOISE = 16;

/** Sizes and formats of the pool: the shares are as close to the published ones as so few images allow. */
export function planImages(seed: number, count = POOL): PlannedImage[] {
  const next = randomNumbers(seed);
  const percents = Object.values(FORMATS).reduce((sum, percent) => sum + percent, 0);
  // One image from each part of the distribution, because a few hundred random ones would miss its median by far.
  const shortSides = Array.from({ length: count * 40 }, () => normal(next(), next())).sort((a, b) => a - b);
  // A step that is coprime to the count spreads sizes over formats.
  return Array.from({ length: count }, (_, index) => {
    const deviate = shortSides[((index * 77) % count) * 40 + 20] ?? 0;
    const short = Math.max(16, Math.round(SHORT_SIDE.median * Math.exp(SHORT_SIDE.sigma * deviate)));
    const ratio = LONG_BY_SHORT.median * Math.exp(LONG_BY_SHORT.sigma * normal(next(), next()));
    const long = Math.round(short * Math.max(1, ratio));
    const upright = next() < 1 / 3;
    return {
      width: upright ? short : long,
      height: upright ? long : short,
      format: formatAt(((index + 0.5) / count) * percents),
    };
  });
}

function formatAt(point: number): Format {
  let left = point;
  for (const [format, percent] of Object.entries(FORMATS)) {
    if (left < percent) return format as Format;
    left -= percent;
  }
  return 'jpeg';
}

/** Generates the pool in a folder, which must not exist: one file per image. Takes some twenty seconds. */
export async function makeImages(folder: string, seed: number): Promise<void> {
  await mkdir(folder);
  const canvases = await Promise.all(
    Array.from({ length: CANVASES }, (_, index) => drawCanvas(seed + index)),
  );
  const next = randomNumbers(seed);
  for (const [index, image] of planImages(seed).entries()) {
    const canvas = canvases[index % CANVASES] ?? Buffer.alloc(0);
    const file = encode(cut(canvas, image, next), image.format);
    await writeFile(join(folder, `${index}.${image.format}`), await file.toBuffer());
  }
}

/** Raw pixels with the spectrum of a photograph, plus sensor-like noise. Without noise, files are too small. */
async function drawCanvas(seed: number): Promise<Buffer> {
  const next = randomNumbers(seed);
  const pixels = await (await photo(CANVAS.width, CANVAS.height, seed)).raw().toBuffer();
  for (let at = 0; at < pixels.length; at += CANVAS.channels) {
    const noise = (next() - 0.5) * 2 * NOISE;
    for (let channel = at; channel < at + CANVAS.channels; channel++) {
      pixels[channel] = Math.min(255, Math.max(0, (pixels[channel] ?? 0) + noise));
    }
  }
  return pixels;
}

/** A random part of the canvas, enlarged if the image is larger than the canvas. */
function cut(canvas: Buffer, { width, height }: PlannedImage, next: () => number): Sharp {
  const scale = Math.min(1, CANVAS.width / width, CANVAS.height / height);
  const piece = { width: Math.floor(width * scale), height: Math.floor(height * scale) };
  const left = Math.floor(next() * (CANVAS.width - piece.width + 1));
  const top = Math.floor(next() * (CANVAS.height - piece.height + 1));
  return sharp(canvas, { raw: CANVAS })
    .extract({ ...piece, left, top })
    .resize(width, height, { fit: 'fill' });
}

/** Settings close to the Web Almanac's bits per pixel: JPEG 2.0, PNG 3.8, WebP 1.3. */
function encode(image: Sharp, format: Format): Sharp {
  if (format === 'jpeg') return image.jpeg({ quality: 82 });
  if (format === 'png') return image.png({ palette: true, colours: 64 });
  return image.toFormat(format);
}

/** The pool that `makeImages` generated. */
export async function readImages(folder: string): Promise<Image[]> {
  const files = (await readdir(folder)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  return Promise.all(
    files.map(async (file) => ({
      body: await readFile(join(folder, file)),
      type: `image/${extname(file).slice(1)}`,
    })),
  );
}
