import sharp, { type Sharp } from 'sharp';
import { expect } from 'vitest';
import type { Interpolation } from '../../src/codec/resample/kernels.ts';
import { planResize } from '../../src/image/job/resize-modes.ts';
import type { ImageSettings } from '../../src/image/job/settings.ts';
import { scaleExactly } from './exact-arithmetic.ts';

export type Asked = Pick<ImageSettings, 'imageSize' | 'resizeMode' | 'resizeOnlyIfBigger'>;

export const KEEP_RATIO = { imageSize: 96, resizeMode: 'keep_ratio', resizeOnlyIfBigger: false } as const;
export const AS_IT_IS = { ...KEEP_RATIO, resizeMode: 'no' } as const;

/** Pixels across and down. */
const SIZES = [
  [333, 250],
  [97, 201],
  [64, 48],
  [401, 33],
] as const;

/** Expects that images of several sizes come close to exact arithmetic on the pixels that sharp decodes. */
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

/** The JPEG that sharp makes of an image that is decoded by sharp and scaled in double precision. */
export async function reference(
  bytes: Uint8Array,
  asked: Asked,
  interpolation: Interpolation = 'cubic',
  autoOrient = false,
): Promise<Buffer> {
  // By default sharp refuses an image for a warning, such as that of an unknown revision of JFIF.
  const { space } = await sharp(bytes, { failOn: 'truncated' }).metadata();
  const { data, info } = await raw(sharp(bytes, { autoOrient, failOn: 'truncated' }).toColourspace(space));
  const { scaled, crop, pad } = planResize(info.width, info.height, asked);
  const { width, height } = scaled ?? info;
  const { channels } = info;
  const exact = scaled
    ? Uint8ClampedArray.from(scaleExactly({ ...info, data }, scaled, interpolation))
    : data;
  const pipeline = sharp(Buffer.from(exact.buffer, exact.byteOffset, exact.length), {
    raw: { width, height, channels },
  }).toColourspace(channels === 1 ? 'b-w' : 'srgb');
  if (crop) pipeline.extract(crop);
  if (pad) pipeline.extend({ ...pad, background: '#ffffff' });
  return pipeline.jpeg({ quality: 95, optimiseCoding: false }).toBuffer();
}

/** Similarity in decibels of two JPEGs of equal size and channels. */
export async function decibels(a: Buffer | null, b: Buffer): Promise<number> {
  if (a === null) throw new Error('the codec has refused the image');
  const [one, other] = [await raw(sharp(a, { failOn: 'warning' })), await raw(sharp(b))];
  expect(one.info).toEqual(other.info);
  return similarity(one.data, other.data);
}

/** Similarity of samples of 8 bits in decibels. */
export function similarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0;
  for (let index = 0; index < a.length; index++) squares += ((a[index] ?? 0) - (b[index] ?? 0)) ** 2;
  return 10 * Math.log10(255 ** 2 / Math.max(squares / a.length, 1e-9));
}

const raw = (encoded: Sharp) => encoded.raw().toBuffer({ resolveWithObject: true });

/**
 * Expects a JPEG with quality 95 that is at least as close to exact arithmetic as sharp's JPEG of the exact result, up
 * to `slack` decibels. Both may be far from it: where colours change from pixel to pixel, JPEG with half chroma loses
 * most of them, and where it reduces, each program clips at another step.
 */
export async function expectLossOfJpeg(
  ours: Buffer | null,
  bytes: Uint8Array,
  asked: Asked,
  interpolation: Interpolation = 'cubic',
  slack = 0.5,
): Promise<void> {
  const { data, info } = await raw(sharp(bytes).toColourspace('srgb'));
  const { scaled } = planResize(info.width, info.height, asked);
  if (ours === null || scaled === null) throw new Error('Expected a scaled image');
  const exact = Uint8ClampedArray.from(scaleExactly({ ...info, data }, scaled, interpolation));
  const its = await reference(bytes, asked, interpolation);
  const [one, other] = [await raw(sharp(ours)), await raw(sharp(its))];
  expect(similarity(one.data, exact)).toBeGreaterThan(similarity(other.data, exact) - slack);
}

/** Whether sharp can decode every pixel. */
export const isIntact = (bytes: Uint8Array): Promise<boolean> =>
  sharp(bytes, { failOn: 'truncated' })
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );
