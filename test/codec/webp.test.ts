import sharp, { type WebpOptions } from 'sharp';
import { describe, expect, test } from 'vitest';
import { Codec } from '../../src/codec/codec.ts';
import { loadKernel } from '../../src/codec/kernel-module.ts';
import { decodeWebp, readWebpHeader } from '../../src/codec/webp.ts';
import { planResize } from '../../src/image/job/resize-modes.ts';
import { imageFixture } from '../image/fixtures.ts';
import { photo } from '../image/photo.ts';
import { AS_IT_IS, type Asked, expectAsSharp, isIntact, KEEP_RATIO } from './beside-sharp.ts';

const codec = new Codec(95);

async function draw(width: number, height: number, options: WebpOptions = { quality: 95 }): Promise<Buffer> {
  return (await photo(width, height, width)).webp(options).toBuffer();
}

function convert(bytes: Uint8Array, asked: Asked): Buffer | null {
  const header = readWebpHeader(bytes);
  return header && codec.convert(bytes, header, planResize(header.width, header.height, asked), 'cubic');
}

/** Red, green and blue of each pixel, as libwebp computes them from the planes that the codec has decoded. */
function pixelsOf(bytes: Buffer): number[] | null {
  const [kernel, header] = [loadKernel(), readWebpHeader(bytes)];
  if (header === null || !decodeWebp(kernel, header, false)) return null;
  const { width, height } = header;
  const memory = new Uint8Array(kernel.memory.buffer);
  const sample = (plane: number, x: number, y: number) =>
    memory[kernel.planeOf(plane) + y * kernel.strideOf(plane) + x] ?? 0;
  const beside = (place: number, pixels: number) =>
    Math.min(Math.max((place >> 1) + (place % 2 === 0 ? -1 : 1), 0), (pixels - 1) >> 1);
  const chroma = (plane: number, x: number, y: number) => {
    const [next, below] = [beside(x, width), beside(y, height)];
    const own = 9 * sample(plane, x >> 1, y >> 1) + sample(plane, next, below);
    return (own + 3 * (sample(plane, next, y >> 1) + sample(plane, x >> 1, below)) + 8) >> 4;
  };
  const times = (level: number, factor: number) => (level * factor) >> 8;
  const clip = (level: number) => Math.min(Math.max(level >> 6, 0), 255);
  return Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    const [luma, blue, red] = [times(sample(0, x, y), 19_077), chroma(1, x, y), chroma(2, x, y)];
    return [
      clip(luma + times(red, 26_149) - 14_234),
      clip(luma - times(blue, 6419) - times(red, 13_320) + 8708),
      clip(luma + times(blue, 33_050) - 17_685),
    ];
  }).flat();
}

describe('Codec with a WebP', () => {
  test('comes close to exact arithmetic', async () => {
    const smaller = [96, 48].map((imageSize) => ({ ...KEEP_RATIO, imageSize, resizeOnlyIfBigger: true }));
    const byMode = (['border', 'center_crop'] as const).map((resizeMode) => ({
      ...KEEP_RATIO,
      imageSize: 30,
      resizeMode,
    }));
    await expectAsSharp(draw, convert, [...smaller, ...byMode, AS_IT_IS]);
  });

  test.each<[string, WebpOptions]>([
    ['without loss that shows', { quality: 100 }],
    ['with some loss', { quality: 75 }],
    ['with every edge smoothed', { quality: 30, preset: 'text' }],
    ['with hardly anything left', { quality: 1, preset: 'icon' }],
    ['with sharp edges kept', { quality: 50, preset: 'drawing', effort: 0 }],
    ['searched for long', { quality: 60, preset: 'photo', effort: 6, smartSubsample: true }],
  ])('%s: has the samples of libwebp', async (_, options) => {
    for (const [width, height] of [
      [1, 1],
      [17, 3],
      [64, 48],
      [75, 113],
    ] as const) {
      const bytes = await draw(width, height, options);
      const exact = await sharp(bytes).raw().toBuffer();
      expect(Buffer.from(pixelsOf(bytes) ?? []).equals(exact), `${width} x ${height}`).toBe(true);
    }
  });

  test('refuses to enlarge: its planes are too coarse', async () => {
    expect(convert(await draw(64, 48), KEEP_RATIO)).toBeNull();
  });

  test('refuses every image that is cut off', async () => {
    const bytes = await draw(60, 40);
    for (let end = 30; end < bytes.length; end += 7) {
      const cut = Buffer.from(bytes.subarray(0, end - (end % 2)));
      cut.writeUInt32LE(cut.length - 8, 4);
      cut.writeUInt32LE(cut.length - 20, 16);
      const header = readWebpHeader(cut);
      const taken = header !== null && codec.isIntact(cut, header);
      // The last byte may hold nothing but padding.
      if (taken) expect(await isIntact(cut), `${end}`).toBe(true);
      if (end < bytes.length - 10) expect(taken, `${end}`).toBe(false);
    }
  });
});

describe('readWebpHeader', () => {
  test('accepts a file with one lossy image', async () => {
    expect(readWebpHeader(imageFixture('lossy.webp'))).toMatchObject({
      format: 'webp',
      ...(({ width, height }) => ({ width, height }))(await sharp(imageFixture('lossy.webp')).metadata()),
    });
  });

  test('refuses everything else', async () => {
    for (const name of ['alpha.webp', 'animated.webp', 'lossless.webp', 'rgb.png', 'landscape.jpg'])
      expect(readWebpHeader(imageFixture(name)), name).toBeNull();
    const plain = await draw(40, 30);
    const others = {
      profile: await sharp(plain).withIccProfile('p3').webp().toBuffer(),
      exif: await sharp(plain)
        .withExif({ IFD0: { Artist: 'me' } })
        .webp()
        .toBuffer(),
      'bytes behind it': Buffer.concat([plain, Buffer.alloc(2)]),
      'a cut': plain.subarray(0, plain.length - 2),
      'no bytes': Buffer.alloc(0),
    };
    for (const [name, bytes] of Object.entries(others)) expect(readWebpHeader(bytes), name).toBeNull();
  });
});
