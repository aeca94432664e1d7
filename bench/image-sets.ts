import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { photo, random } from '../test/image/photo.ts';
import { normal } from './web/model/random.ts';

export interface ImageSet {
  readonly name: string;
  readonly images: readonly Buffer[];
}

interface Plan {
  readonly width: number;
  readonly height: number;
  readonly quality: number;
  /** Standard deviation of the noise that brings files to the sizes of the web. */
  readonly noise: number;
}

/** Parts of a canvas are reduced by up to this factor, so that there is detail of all sizes. */
const MAX_REDUCTION = 4;

/**
 * JPEGs of photographs in `folder`, or of generated images with a photograph's spectrum if `folder` is undefined: of
 * LAION's sizes, 620 pixels wide, and of 12 megapixels. One in seven is progressive, one in seven has chroma at full
 * size.
 */
export async function makeImageSets(seed: number, folder: string | undefined): Promise<ImageSet[]> {
  const canvases = folder === undefined ? await drawCanvases(seed) : await readCanvases(folder);
  const next = random(seed);
  const laion = Array.from({ length: 200 }, (_, index): Plan => {
    const spread = normal((index + 0.5) / 200, 0.5 * next());
    const short = Math.round(Math.min(Math.max(261 * Math.exp(0.684 * spread), 24), 1800));
    const long = Math.round(short * 1.05 * Math.exp(Math.abs(normal(next(), next())) * 0.25));
    const upright = next() < 1 / 3;
    const sides = upright ? { width: short, height: long } : { width: long, height: short };
    return { ...sides, quality: 75 + Math.floor(next() * 19), noise: 6 };
  });
  const wide = Array.from({ length: 80 }, (): Plan => {
    const ratio = [1.5, 1.33, 0.75, 1, 1.78][Math.floor(next() * 5)] ?? 1;
    return { width: 620, height: Math.round(620 / ratio), quality: 90 + Math.floor(next() * 8), noise: 10 };
  });
  const large = Array.from({ length: 4 }, (): Plan => ({ width: 4000, height: 3000, quality: 90, noise: 6 }));
  const sets = [];
  for (const [name, plans] of Object.entries({ 'laion-like': laion, wide, '12 megapixels': large })) {
    const images: Buffer[] = [];
    for (const plan of plans) images.push(await cut(canvases, plan, next));
    sets.push({ name, images });
  }
  return sets;
}

async function drawCanvases(seed: number): Promise<Buffer[]> {
  const canvases: Buffer[] = [];
  for (let index = 0; index < 4; index++)
    canvases.push(await (await photo(1600, 1200, seed + index)).png({ compressionLevel: 0 }).toBuffer());
  return canvases;
}

async function readCanvases(folder: string): Promise<Buffer[]> {
  const files = (await readdir(folder)).sort().filter((name) => /\.(jpe?g|png)$/i.test(name));
  if (files.length === 0) throw new Error(`Expected photographs (.jpg, .png) in '${folder}', found none`);
  // Bytes instead of names: the program does not let sharp open files.
  const bodies = await Promise.all(files.map((name) => readFile(join(folder, name))));
  return Promise.all(bodies.map((body) => sharp(body).flatten().png({ compressionLevel: 0 }).toBuffer()));
}

async function cut(canvases: readonly Buffer[], plan: Plan, next: () => number): Promise<Buffer> {
  const canvas = sharp(canvases[Math.floor(next() * canvases.length)]);
  const from = await canvas.metadata();
  const most = Math.min(from.width / plan.width, from.height / plan.height);
  const scale = most > 1 ? Math.min(most, MAX_REDUCTION) ** next() : most;
  const size = { width: Math.floor(plan.width * scale), height: Math.floor(plan.height * scale) };
  const left = Math.floor(next() * (from.width - size.width + 1));
  const top = Math.floor(next() * (from.height - size.height + 1));
  const { data, info } = await canvas
    .extract({ left, top, ...size })
    .resize(plan.width, plan.height, { fit: 'fill' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let at = 0; at < data.length; at += info.channels) {
    const grain = plan.noise * normal(next(), next());
    for (let channel = at; channel < at + info.channels; channel++)
      data[channel] = Math.min(255, Math.max(0, (data[channel] ?? 0) + grain));
  }
  return sharp(data, { raw: info })
    .jpeg({
      quality: plan.quality,
      progressive: next() < 1 / 7,
      chromaSubsampling: next() < 1 / 7 ? '4:4:4' : '4:2:0',
      optimiseCoding: next() < 1 / 3,
    })
    .toBuffer();
}
