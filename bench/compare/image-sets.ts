import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { photo } from '../../test/image/photo.ts';
import { planImages } from '../web/model/images.ts';
import { normal, randomNumbers } from '../web/model/random.ts';

export type SetName = 'laion' | 'wide' | 'large';
type Format = 'jpeg' | 'png' | 'webp';

interface PlannedImage {
  readonly width: number;
  readonly height: number;
  readonly format: Format;
}

interface SetRecipe {
  readonly files: number;
  /** Mean length of a file; the result must be within a tenth of it. */
  readonly meanBytes: number;
  readonly canvas: { readonly width: number; readonly height: number };
  /** Most that sensor-like noise adds to a channel of 0 to 255. Without noise, files are too small. */
  readonly noise: number;
  readonly plan: (seed: number, files: number) => readonly PlannedImage[];
  readonly encode: (image: Sharp, format: Format) => Sharp;
}

export interface ImageSet {
  readonly name: SetName;
  /** Paths below the folder of the sets, not sorted by size. */
  readonly files: readonly string[];
  readonly meanBytes: number;
  readonly bitsPerPixel: number;
  readonly meanPixels: number;
}

const RECIPES: Readonly<Record<SetName, SetRecipe>> = {
  laion: {
    files: 600,
    meanBytes: 42_000,
    canvas: { width: 1600, height: 1200 },
    noise: 8,
    // The web's sizes. GIF and AVIF, 1 in 100 there, are JPEG here because img2dataset cannot read AVIF.
    plan: (seed, files) =>
      planImages(seed, files).map(({ width, height, format }) => ({
        width,
        height,
        format: format === 'gif' || format === 'avif' ? 'jpeg' : format,
      })),
    encode: (image, format) => {
      if (format === 'jpeg') return image.jpeg({ quality: 83 });
      return format === 'png' ? image.png({ palette: true, colours: 64, effort: 2 }) : image.webp();
    },
  },
  wide: {
    files: 300,
    meanBytes: 190_000,
    canvas: { width: 1600, height: 1200 },
    noise: 12,
    plan: planWide,
    encode: (image, format) => {
      if (format === 'jpeg') return image.jpeg({ quality: 95 });
      return format === 'png' ? image.png() : image.webp({ quality: 95 });
    },
  },
  large: {
    files: 12,
    meanBytes: 2_800_000,
    canvas: { width: 4100, height: 3100 },
    noise: 8,
    plan: (_seed, files) =>
      Array.from({ length: files }, () => ({ width: 4000, height: 3000, format: 'jpeg' as const })),
    encode: (image) => image.jpeg({ quality: 90 }),
  },
};

/** About 620 pixels wide; 86 % JPEG, 9 % PNG, 5 % WebP. */
function planWide(seed: number, files: number): PlannedImage[] {
  const next = randomNumbers(seed);
  return Array.from({ length: files }, (_, index) => {
    const width = Math.round(620 + 40 * Math.max(-3, Math.min(3, normal(next(), next()))));
    // A step that is coprime to the count spreads the formats.
    const percent = (((index * 77) % files) * 100) / files;
    return {
      width,
      height: Math.round(width * (0.6 + 0.35 * next())),
      format: percent < 86 ? 'jpeg' : percent < 95 ? 'png' : 'webp',
    };
  });
}

/** Generates a set in `folder/NAME`, the same for the same seed. Takes at most half a minute. */
export async function makeImageSet(folder: string, name: SetName, seed: number): Promise<ImageSet> {
  const { files, meanBytes, canvas: size, noise, plan, encode } = RECIPES[name];
  await mkdir(join(folder, name), { recursive: true });
  const canvas = await drawCanvas(size, noise, seed);
  const next = randomNumbers(seed);
  const total = { bytes: 0, pixels: 0 };
  const names: string[] = [];
  for (const [index, { width, height, format }] of plan(seed, files).entries()) {
    const image = cut(canvas, size, { width, height }, next);
    const body = await encode(image, format).toBuffer();
    const file = `${name}/${index}.${format === 'jpeg' ? 'jpg' : format}`;
    await writeFile(join(folder, file), body);
    names.push(file);
    total.bytes += body.length;
    total.pixels += width * height;
  }
  const mean = total.bytes / files;
  if (Math.abs(mean / meanBytes - 1) > 0.1)
    throw new Error(`The images '${name}' have ${Math.round(mean)} bytes, expected about ${meanBytes}`);
  return {
    name,
    files: names,
    meanBytes: mean,
    bitsPerPixel: (8 * total.bytes) / total.pixels,
    meanPixels: total.pixels / files,
  };
}

/** Raw pixels with the spectrum of a photograph, mostly in brightness and less in colour, plus noise. */
async function drawCanvas(
  { width, height }: SetRecipe['canvas'],
  noise: number,
  seed: number,
): Promise<Buffer> {
  const next = randomNumbers(seed);
  const pixels = await (await photo(width, height, seed)).raw().toBuffer();
  for (let at = 0; at < pixels.length; at += 3) {
    const grey = ((pixels[at] ?? 0) + (pixels[at + 1] ?? 0) + (pixels[at + 2] ?? 0)) / 3;
    const light = 127 + 1.5 * (grey - 127) + (next() - 0.5) * 2 * noise;
    for (let channel = at; channel < at + 3; channel++) {
      const colour = 0.35 * ((pixels[channel] ?? 0) - grey);
      pixels[channel] = Math.min(255, Math.max(0, light + colour));
    }
  }
  return pixels;
}

/** A random part of the canvas, enlarged if the image is larger than the canvas. */
function cut(
  canvas: Buffer,
  size: SetRecipe['canvas'],
  { width, height }: { width: number; height: number },
  next: () => number,
): Sharp {
  const scale = Math.min(1, size.width / width, size.height / height);
  const piece = { width: Math.floor(width * scale), height: Math.floor(height * scale) };
  const left = Math.floor(next() * (size.width - piece.width + 1));
  const top = Math.floor(next() * (size.height - piece.height + 1));
  return sharp(canvas, { raw: { ...size, channels: 3 } })
    .extract({ ...piece, left, top })
    .resize(width, height, { fit: 'fill' });
}
