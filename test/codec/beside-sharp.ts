import sharp, { type Sharp } from 'sharp';
import { expect } from 'vitest';
import { planResize } from '../../src/image/job/resize-modes.ts';
import type { ImageSettings } from '../../src/image/job/settings.ts';

export type Asked = Pick<ImageSettings, 'imageSize' | 'resizeMode' | 'resizeOnlyIfBigger'>;
export type Kernel = 'linear' | 'cubic' | 'lanczos3';

export const KEEP_RATIO = { imageSize: 96, resizeMode: 'keep_ratio', resizeOnlyIfBigger: false } as const;
export const AS_IT_IS = { ...KEEP_RATIO, resizeMode: 'no' } as const;

/** Pixels across and down. */
const SIZES = [
  [333, 250],
  [97, 201],
  [64, 48],
  [401, 33],
] as const;

/** Expects that images of several sizes come close to the results of sharp. */
export async function expectAsSharp(
  draw: (width: number, height: number) => Promise<Buffer>,
  convert: (bytes: Buffer, asked: Asked) => Buffer | null,
  allAsked: readonly Asked[],
): Promise<void> {
  for (const [width, height] of SIZES) {
    const bytes = await draw(width, height);
    for (const asked of allAsked) {
      expect(
        await decibels(convert(bytes, asked), await reference(bytes, asked)),
        `${width} x ${height}, ${asked.resizeMode} ${asked.imageSize}`,
      ).toBeGreaterThan(38);
    }
  }
}

/** The JPEG that sharp alone produces from an image. */
export async function reference(bytes: Uint8Array, asked: Asked, kernel: Kernel = 'cubic'): Promise<Buffer> {
  const { width, height, space } = await sharp(bytes).metadata();
  const { scaled, crop, pad } = planResize(width, height, asked);
  const pipeline = sharp(bytes).toColourspace(space);
  if (scaled) pipeline.resize({ ...scaled, fit: 'fill', kernel, fastShrinkOnLoad: false });
  if (crop) pipeline.extract(crop);
  if (pad) pipeline.extend({ ...pad, background: '#ffffff' });
  return pipeline.jpeg({ quality: 95, optimiseCoding: false }).toBuffer();
}

/** Similarity in decibels of two JPEGs of equal size and channels. */
export async function decibels(a: Buffer | null, b: Buffer): Promise<number> {
  if (a === null) throw new Error('the codec has refused the image');
  const [one, other] = [await raw(sharp(a, { failOn: 'warning' })), await raw(sharp(b))];
  expect(one.info).toEqual(other.info);
  let squares = 0;
  for (let index = 0; index < one.data.length; index++)
    squares += ((one.data[index] ?? 0) - (other.data[index] ?? 0)) ** 2;
  return 10 * Math.log10(255 ** 2 / Math.max(squares / one.data.length, 1e-9));
}

const raw = (encoded: Sharp) => encoded.raw().toBuffer({ resolveWithObject: true });

/** Whether sharp can decode every pixel. */
export const isIntact = (bytes: Uint8Array): Promise<boolean> =>
  sharp(bytes, { failOn: 'truncated' })
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );
