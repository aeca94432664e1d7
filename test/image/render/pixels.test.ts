import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { ImageJob } from '../../../src/image/job/job.ts';
import { DEFAULT_LIMITS, type ImageSettings } from '../../../src/image/job/settings.ts';
import { processImage } from '../../../src/image/render/process-image.ts';
import { imageFixture, PLAIN } from '../fixtures.ts';
import { photo } from '../photo.ts';

const LOSSLESS_PNG = { encodeFormat: 'png', encodeQuality: 1 } as const;
const LOSSLESS_WEBP = { encodeFormat: 'webp', encodeQuality: 101 } as const;

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
}

async function pixels(subject: string | ImageJob, settings: Partial<ImageSettings> = {}): Promise<Pixels> {
  const job = typeof subject === 'string' ? { bytes: imageFixture(subject) } : subject;
  const result = await processImage(job, { ...PLAIN, ...LOSSLESS_PNG, ...settings }, DEFAULT_LIMITS);
  if (!result.ok) throw new Error(result.code);
  return decode(sharp(result.image.bytes));
}

async function decode(encoded: Sharp): Promise<Pixels> {
  const { space = 'srgb', depth } = await encoded.metadata();
  const deep = depth === 'ushort';
  const raw = encoded.toColourspace(space).raw({ depth: deep ? 'ushort' : 'uchar' });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  return { ...info, values: deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data };
}

function pixel({ width, channels, values }: Pixels, x: number, y: number): number[] {
  return Array.from(
    { length: channels },
    (_, channel) => values[(y * width + x) * channels + channel] ?? Number.NaN,
  );
}

const largestDifference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));

function meanDifference(a: Pixels, b: Pixels): number {
  expect(a.values.length).toBe(b.values.length);
  let sum = 0;
  for (let index = 0; index < a.values.length; index++)
    sum += Math.abs((a.values[index] ?? 0) - (b.values[index] ?? 0));
  return sum / a.values.length;
}

describe('matting', () => {
  test('blends with white by alpha, exact up to rounding', async () => {
    const [colour, gray] = [await pixels('rgba.png'), await pixels('gray-alpha.png')];
    for (let x = 0; x < 64; x++) {
      const alpha = (x * 4) / 255;
      const onWhite = (value: number) => alpha * value + 255 * (1 - alpha);
      expect(largestDifference(pixel(colour, x, 10), [200, 100, 0].map(onWhite))).toBeLessThanOrEqual(1);
      expect(largestDifference(pixel(gray, x, 10), [100, 100, 100].map(onWhite))).toBeLessThanOrEqual(1);
    }
  });

  test('makes full transparency exactly white', async () => {
    expect(pixel(await pixels('rgba.png'), 0, 0)).toEqual([255, 255, 255]);
    expect(pixel(await pixels('gray-alpha.png'), 0, 0)).toEqual([255, 255, 255]);
    expect(pixel(await pixels('rgba16.png'), 0, 0)).toEqual([255, 255, 255]);
    expect(pixel(await pixels('transparent.gif'), 5, 5)).toEqual([255, 255, 255]);
    const palette = await pixels('palette-transparent.png');
    expect([pixel(palette, 0, 0), pixel(palette, 7, 0)]).toEqual([
      [255, 0, 0],
      [255, 255, 255],
    ]);
  });

  test('comes before scaling: no colour bleeds out of transparent pixels', async () => {
    const half = await pixels('palette-transparent.png', { resizeMode: 'keep_ratio', imageSize: 3 });
    for (let x = 0; x < half.width; x++) expect(pixel(half, x, 1)[0]).toBe(255);
  });
});

describe('depth', () => {
  test('16 bits stay 16 bits in PNG', async () => {
    expect(pixel(await pixels('rgb16.png'), 50, 20)).toEqual([50 * 1024, 40_000, 300]);
    expect(pixel(await pixels('gray16.png'), 50, 20)).toEqual([50 * 1024]);
  });

  test('16 bits are scaled to 8 in other formats, not cut off', async () => {
    const [colour, gray] = [
      await pixels('rgb16.png', LOSSLESS_WEBP),
      await pixels('gray16.png', LOSSLESS_WEBP),
    ];
    for (let x = 0; x < 64; x++) {
      expect(largestDifference(pixel(colour, x, 20), [x * 4, 156, 1])).toBeLessThanOrEqual(1);
      expect(largestDifference(pixel(gray, x, 20), [x * 4, x * 4, x * 4])).toBeLessThanOrEqual(1);
    }
  });
});

describe('orientation', () => {
  const [width, height] = [128, 96];
  const [right, bottom] = [width - 1, height - 1];
  const SOURCES: readonly ((x: number, y: number) => readonly [number, number])[] = [
    (x, y) => [x, y],
    (x, y) => [right - x, y],
    (x, y) => [right - x, bottom - y],
    (x, y) => [x, bottom - y],
    (x, y) => [y, x],
    (x, y) => [y, bottom - x],
    (x, y) => [right - y, bottom - x],
    (x, y) => [right - y, x],
  ];

  test.each(SOURCES.map((source, index) => [index + 1, source] as const))(
    '%i is applied on request',
    async (n, source) => {
      const name = `orientation-${n}.jpg`;
      const [stored, turned] = [await pixels(name), await pixels(name, { autoOrient: true })];
      expect([stored.width, stored.height]).toEqual([width, height]);
      expect([turned.width, turned.height]).toEqual(n < 5 ? [width, height] : [height, width]);
      for (let y = 0; y < turned.height; y += 5) {
        for (let x = 0; x < turned.width; x += 5)
          expect(pixel(turned, x, y)).toEqual(pixel(stored, ...source(x, y)));
      }
    },
  );

  test('comes before the plan: the upright image is cropped', async () => {
    const crop = { resizeMode: 'center_crop', imageSize: 96, autoOrient: true } as const;
    const [whole, part] = [
      await pixels('orientation-6.jpg', { autoOrient: true }),
      await pixels('orientation-6.jpg', crop),
    ];
    expect([part.width, part.height]).toEqual([96, 96]);
    for (let y = 0; y < 96; y += 7) expect(pixel(part, y, y)).toEqual(pixel(whole, y, y + 16));
  });
});

describe('colour', () => {
  test('Display P3 becomes sRGB', async () => {
    const original = await decode((await photo(200, 150, 8)).png());
    const converted = await pixels('display-p3.jpg');
    const ignored = await decode(
      sharp(await sharp(imageFixture('display-p3.jpg'), { ignoreIcc: true }).png().toBuffer()),
    );
    expect(meanDifference(converted, original)).toBeLessThan(meanDifference(ignored, original) / 2);
  });

  test('Display P3 of 16 bits becomes sRGB', async () => {
    const encode = (linear: number) => 1.055 * linear ** (1 / 2.4) - 0.055;
    const [red = 0, green = 0, blue = 0] = [30_000, 40_000, 25_000].map(
      (value) => ((value / 65_535 + 0.055) / 1.055) ** 2.4,
    );
    const expected = [
      encode(1.22494 * red - 0.22494 * green),
      encode(-0.04206 * red + 1.04206 * green),
      encode(-0.01964 * red - 0.07864 * green + 1.09827 * blue),
    ];
    const deep = pixel(await pixels('display-p3-16.png'), 3, 3).map((value) => value / 65_535);
    const flat = pixel(await pixels('display-p3-16.png', LOSSLESS_WEBP), 3, 3).map((value) => value / 255);
    expect(largestDifference(deep, expected)).toBeLessThan(0.01);
    expect(largestDifference(flat, expected)).toBeLessThan(0.01);
  });

  test('CMYK becomes the colours that viewers show', async () => {
    const original = await decode((await photo(201, 134, 7)).png());
    expect(meanDifference(await pixels('cmyk.jpg'), original)).toBeLessThan(25);
  });
});

describe('scaling', () => {
  test('area comes close to the mean of the pixels that are merged into one', async () => {
    const source = await decode((await photo(640, 428, 40)).png());
    const bytes = await (await photo(640, 428, 40)).png().toBuffer();
    const scaled = await pixels({ bytes }, { resizeMode: 'keep_ratio_largest', imageSize: 160 });
    let squares = 0;
    for (let y = 0; y < scaled.height; y++) {
      for (let x = 0; x < scaled.width; x++) {
        let sum = 0;
        for (let part = 0; part < 16; part++)
          sum += pixel(source, 4 * x + (part % 4), 4 * y + (part >> 2))[0] ?? 0;
        squares += ((pixel(scaled, x, y)[0] ?? 0) - sum / 16) ** 2;
      }
    }
    const decibels = 10 * Math.log10(255 ** 2 / (squares / (scaled.width * scaled.height)));
    expect(decibels).toBeGreaterThan(35);
  });

  test('the border is white and the image lies at the planned place', async () => {
    for (const [name, white] of [
      ['landscape.jpg', [255, 255, 255]],
      ['gray.jpg', [255]],
    ] as const) {
      const framed = await pixels(name, { resizeMode: 'border', imageSize: 64 });
      const bare = await pixels(name, { resizeMode: 'keep_ratio_largest', imageSize: 64 });
      expect(bare.height).toBe(43);
      expect([pixel(framed, 0, 9), pixel(framed, 63, 53)]).toEqual([white, white]);
      expect(pixel(framed, 30, 10)).toEqual(pixel(bare, 30, 0));
      expect(pixel(framed, 63, 52)).toEqual(pixel(bare, 63, 42));
    }
  });
});

describe('blurring', () => {
  const boxes = [[0.25, 0.25, 0.5, 0.5]];

  test('flattens the box and does not change pixels far from it', async () => {
    const stripes = Buffer.from(Array.from({ length: 120 * 80 }, (_, index) => (index % 2) * 255));
    const bytes = await sharp(stripes, { raw: { width: 120, height: 80, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const blurred = await pixels({ bytes, boxes });
    for (let x = 35; x < 55; x++) expect(Math.abs((pixel(blurred, x, 30)[0] ?? 0) - 127)).toBeLessThan(30);
    for (let x = 80; x < 120; x++) expect(pixel(blurred, x, 30)).toEqual([(x % 2) * 255]);
    for (let x = 0; x < 120; x++) expect(pixel(blurred, x, 60)).toEqual([(x % 2) * 255]);
  });

  test('forces encoding, keeps gray gray, and does nothing without boxes', async () => {
    expect((await pixels({ bytes: imageFixture('gray.jpg'), boxes })).channels).toBe(1);
    const bytes = imageFixture('landscape.jpg');
    const settings = { ...PLAIN, skipReencode: true };
    for (const [regions, kept] of [
      [boxes, false],
      [[], true],
      [null, true],
    ] as const) {
      const result = await processImage({ bytes, boxes: regions }, settings, DEFAULT_LIMITS);
      expect(result.ok && result.image.bytes === bytes).toBe(kept);
    }
  });

  test('boxes refer to the scaled image before it is cropped', async () => {
    const crop = { resizeMode: 'center_crop', imageSize: 40 } as const;
    const plain = await pixels('rgb.png', crop);
    const left = await pixels({ bytes: imageFixture('rgb.png'), boxes: [[0, 0, 0.1, 1]] }, crop);
    const middle = await pixels({ bytes: imageFixture('rgb.png'), boxes: [[0.45, 0, 0.55, 1]] }, crop);
    expect(pixel(left, 25, 20)).toEqual(pixel(plain, 25, 20));
    expect(meanDifference(middle, plain)).toBeGreaterThan(1);
  });
});
