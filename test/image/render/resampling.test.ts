import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Interpolation } from '../../../src/core/choices.ts';
import { DEFAULT_LIMITS, type ImageSettings } from '../../../src/image/job/settings.ts';
import { processImage } from '../../../src/image/render/process-image.ts';
import { decibels, similarity } from '../../codec/beside-sharp.ts';
import { scaleExactly } from '../../codec/exact-arithmetic.ts';
import { PLAIN } from '../fixtures.ts';
import { photo } from '../photo.ts';

const INTERPOLATIONS: readonly Interpolation[] = ['nearest', 'linear', 'cubic', 'area', 'lanczos'];
const PNG = { encodeFormat: 'png', encodeQuality: 1 } as const;

async function render(bytes: Buffer, settings: Partial<ImageSettings>): Promise<Buffer> {
  const asked = { ...PLAIN, resizeMode: 'keep_ratio', autoOrient: true, ...settings } as const;
  const result = await processImage({ bytes }, asked, DEFAULT_LIMITS);
  if (!result.ok) throw new Error(result.code);
  return Buffer.from(result.image.bytes);
}

const both = (interpolation: Interpolation) => ({
  upscaleInterpolation: interpolation,
  downscaleInterpolation: interpolation,
});

async function samplesOf(image: Sharp, deep = false) {
  const { space } = await image.metadata();
  const pipeline =
    space === 'b-w' || space === 'grey16'
      ? image.toColourspace(space)
      : image.toColourspace(deep ? 'rgb16' : 'srgb');
  const { data, info } = await pipeline
    .raw({ depth: deep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return {
    data: deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data,
    width,
    height,
    channels,
  };
}

/** The largest distance of a rendered sample from the exact one; rounding alone gives up to 0.5. */
function worstError(found: ArrayLike<number>, exact: Float64Array, white: number): number {
  expect(found.length).toBe(exact.length);
  let worst = 0;
  for (let index = 0; index < exact.length; index++) {
    const expected = Math.min(Math.max(exact[index] ?? 0, 0), white);
    worst = Math.max(worst, Math.abs((found[index] ?? 0) - expected));
  }
  return worst;
}

/** Images that the codec decodes as JPEG, but the fallback for PNG: all kinds of both. */
const KINDS: Readonly<Record<string, (width: number, height: number) => Promise<Buffer>>> = {
  JPEG: async (width, height) => (await photo(width, height, 1)).jpeg({ quality: 95 }).toBuffer(),
  progressive: async (width, height) =>
    (await photo(width, height, 1)).jpeg({ quality: 95, progressive: true }).toBuffer(),
  turned: async (width, height) =>
    (await photo(height, width, 1)).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer(),
  'Display P3': async (width, height) =>
    (await photo(width, height, 1)).withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
  CMYK: async (width, height) =>
    (await photo(width, height, 1)).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
  gray: async (width, height) =>
    (await photo(width, height, 1)).toColourspace('b-w').jpeg({ quality: 95 }).toBuffer(),
  PNG: async (width, height) => (await photo(width, height, 1)).png().toBuffer(),
  WebP: async (width, height) => (await photo(width, height, 1)).webp({ lossless: true }).toBuffer(),
};

describe('a scaled image', () => {
  test.each(Object.keys(KINDS))(
    '%s: each sample is the exact one rounded, enlarged and reduced by any factor',
    async (kind) => {
      const bytes = await KINDS[kind]?.(131, 89);
      if (bytes === undefined) throw new Error('no image');
      const decoded = await samplesOf(sharp(bytes, { autoOrient: true }));
      for (const imageSize of [11, 22, 37, 44, 68, 116, 178]) {
        for (const interpolation of INTERPOLATIONS) {
          const found = await samplesOf(
            sharp(await render(bytes, { ...PNG, ...both(interpolation), imageSize })),
          );
          const exact = scaleExactly(decoded, found, interpolation);
          expect(worstError(found.data, exact, 255), `${interpolation} to ${imageSize}`).toBeLessThan(0.501);
        }
      }
    },
  );

  test.each([
    ['an enlarged PNG', 'PNG', [40, 27], 216, 'cubic', 50.8],
    ['an enlarged WebP', 'WebP', [40, 27], 216, 'cubic', 50.8],
    ['a gray JPEG reduced nine times', 'gray', [832, 572], 61, 'area', 55.2],
  ] as const)(
    'loses no more than rounding before it is encoded as JPEG: %s',
    async (_, kind, [width, height], imageSize, interpolation, least) => {
      const bytes = await KINDS[kind]?.(width, height);
      if (bytes === undefined) throw new Error('no image');
      const jpeg = await render(bytes, { ...both(interpolation), imageSize, encodeQuality: 100 });
      const [found, decoded] = [await samplesOf(sharp(jpeg)), await samplesOf(sharp(bytes))];
      const exact = scaleExactly(decoded, found, interpolation).map((value) =>
        Math.min(Math.max(value, 0), 255),
      );
      expect(similarity(found.data, exact)).toBeGreaterThan(least);
    },
  );

  test('of 16 bits keeps them, in gray and in colour', async () => {
    for (const space of ['grey16', 'rgb16'] as const) {
      const bytes = await (await photo(131, 89, 1)).toColourspace(space).png().toBuffer();
      const decoded = await samplesOf(sharp(bytes), true);
      for (const imageSize of [22, 178]) {
        for (const interpolation of INTERPOLATIONS) {
          const found = await samplesOf(
            sharp(await render(bytes, { ...PNG, ...both(interpolation), imageSize })),
            true,
          );
          const exact = scaleExactly(decoded, found, interpolation);
          expect(worstError(found.data, exact, 65_535), `${interpolation} to ${imageSize}`).toBeLessThan(
            0.55,
          );
        }
      }
    }
  });

  test('gives the same pixels whatever its format and kind, up to the loss of its codec', async () => {
    const drawn = await photo(401, 267, 3);
    const [upright, sideways] = [drawn, (await photo(401, 267, 3)).rotate(270)];
    const plain = await upright.clone().jpeg({ quality: 98 }).toBuffer();
    const others = {
      progressive: upright.clone().jpeg({ quality: 98, progressive: true }),
      'sRGB profile': upright.clone().withIccProfile('srgb').jpeg({ quality: 98 }),
      'Display P3': upright.clone().withIccProfile('p3').jpeg({ quality: 98 }),
      turned: sharp(await sideways.png().toBuffer())
        .withMetadata({ orientation: 6 })
        .jpeg({ quality: 98 }),
      PNG: upright.clone().png(),
      'PNG with alpha': upright.clone().ensureAlpha().png(),
      WebP: upright.clone().webp({ quality: 98 }),
      AVIF: upright.clone().avif({ quality: 95, effort: 0 }),
    };
    for (const imageSize of [30, 64, 130, 500]) {
      for (const resizeMode of ['keep_ratio', 'center_crop', 'border'] as const) {
        const settings = { imageSize, resizeMode };
        const one = await render(plain, settings);
        for (const [name, image] of Object.entries(others)) {
          const other = await render(await image.clone().toBuffer(), settings);
          expect(await decibels(one, other), `${name}, ${resizeMode} ${imageSize}`).toBeGreaterThan(36);
        }
      }
    }
  });

  test('fills margins with white and crops the middle, also in large images that are scaled in bands', async () => {
    const create = { width: 3000, height: 2400, channels: 3, background: '#204060' } as const;
    const bytes = await sharp({ create }).webp({ lossless: true, effort: 0 }).toBuffer();
    for (const format of [PNG, { encodeFormat: 'jpg', encodeQuality: 100 }] as const) {
      for (const imageSize of [300, 3300]) {
        const settings = { ...format, imageSize, resizeMode: 'border' } as const;
        const { data, width, channels } = await samplesOf(sharp(await render(bytes, settings)));
        const at = (x: number, y: number) =>
          Array.from(data.subarray((y * width + x) * channels, (y * width + x + 1) * channels));
        const margin = Math.round(imageSize * 0.1);
        const near = (found: readonly number[], wanted: readonly number[]) =>
          expect(
            Math.max(...found.map((value, index) => Math.abs(value - (wanted[index] ?? 0)))),
          ).toBeLessThan(4);
        near(at(5, margin - 17), [255, 255, 255]);
        near(at(5, imageSize - margin + 16), [255, 255, 255]);
        for (let y = margin + 17; y < imageSize - margin - 17; y += 7)
          near(at(imageSize - 3, y), [0x20, 0x40, 0x60]);
      }
    }
  });
});
