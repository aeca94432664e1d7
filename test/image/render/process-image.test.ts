import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { ImageJob, ImageResult } from '../../../src/image/job/job.ts';
import { DEFAULT_LIMITS, type ImageLimits, type ImageSettings } from '../../../src/image/job/settings.ts';
import { processImage } from '../../../src/image/render/process-image.ts';
import { imageFixture, imageFixtureNames, PLAIN } from '../fixtures.ts';

function run(
  subject: string | Uint8Array,
  settings: Partial<ImageSettings> = {},
  { limits = {}, ...job }: Partial<ImageJob> & { limits?: Partial<ImageLimits> } = {},
): Promise<ImageResult> {
  const bytes = typeof subject === 'string' ? imageFixture(subject) : subject;
  return processImage({ bytes, ...job }, { ...PLAIN, ...settings }, { ...DEFAULT_LIMITS, ...limits });
}

async function image(...args: Parameters<typeof run>) {
  const result = await run(...args);
  if (!result.ok) throw new Error(result.code);
  return result.image;
}

async function shape(name: string, settings: Partial<ImageSettings>) {
  const { bytes, width, height, originalWidth, originalHeight, extension } = await image(name, settings);
  const { format, channels, depth, ...header } = await sharp(bytes).metadata();
  expect([header.width, header.height]).toEqual([width, height]);
  return [extension, format, width, height, originalWidth, originalHeight, channels, depth];
}

const code = async (...args: Parameters<typeof run>): Promise<string> => {
  const result = await run(...args);
  return result.ok ? 'ok' : result.code;
};

/** Every accepted fixture: width, height, channels and depth when nothing but the format changes. */
const ACCEPTED: Record<string, readonly [number, number, number, 'uchar' | 'ushort']> = {
  'alpha.webp': [80, 60, 3, 'uchar'],
  'animated.avif': [96, 64, 3, 'uchar'],
  'animated.gif': [80, 60, 3, 'uchar'],
  'animated.webp': [80, 60, 3, 'uchar'],
  'bilevel.png': [32, 24, 1, 'uchar'],
  'cmyk.jpg': [201, 134, 3, 'uchar'],
  'display-p3-16.png': [64, 48, 3, 'ushort'],
  'display-p3.jpg': [200, 150, 3, 'uchar'],
  'exif-odd.jpg': [128, 96, 3, 'uchar'],
  'exif-phone.jpg': [128, 96, 3, 'uchar'],
  'gray-alpha.png': [64, 48, 3, 'uchar'],
  'gray.jpg': [201, 134, 1, 'uchar'],
  'gray.png': [64, 48, 1, 'uchar'],
  'gray16.png': [64, 48, 1, 'ushort'],
  'half-across.jpg': [61, 43, 3, 'uchar'],
  'half-down.jpg': [61, 43, 3, 'uchar'],
  'interlaced.png': [60, 40, 3, 'uchar'],
  'landscape.jpg': [640, 427, 3, 'uchar'],
  'large.jpg': [1600, 1067, 3, 'uchar'],
  'lossless.webp': [50, 40, 3, 'uchar'],
  'lossy.webp': [150, 100, 3, 'uchar'],
  'palette-transparent.png': [32, 24, 3, 'uchar'],
  'plain-307x173.jpg': [307, 173, 3, 'uchar'],
  'portrait.jpg': [333, 500, 3, 'uchar'],
  'progressive.jpg': [301, 201, 3, 'uchar'],
  'rgb.png': [120, 80, 3, 'uchar'],
  'rgb16.png': [64, 48, 3, 'ushort'],
  'rgba.png': [64, 48, 3, 'uchar'],
  'rgba16.png': [64, 48, 3, 'uchar'],
  'same-with-srgb-icc.jpg': [307, 173, 3, 'uchar'],
  'still.avif': [96, 64, 3, 'uchar'],
  'still.gif': [80, 60, 3, 'uchar'],
  'text-crc.png': [96, 64, 3, 'uchar'],
  'tiny.jpg': [9, 7, 3, 'uchar'],
  'transparent.gif': [80, 60, 3, 'uchar'],
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((n) => [`orientation-${n}.jpg`, [128, 96, 3, 'uchar']])),
};

const REFUSED: Record<string, string> = {
  'bomb-header.png': 'image_too_many_pixels',
  'bomb-square.png': 'image_too_many_pixels',
  'bomb-gray.avif': 'image_too_many_pixels',
  'scan-bomb-512.jpg': 'image_too_many_scans',
  'empty.jpg': 'image_unknown',
  'noise.jpg': 'image_unknown',
  'page.jpg': 'image_unknown',
  'image.bmp': 'image_unknown',
  'image.svg': 'image_unknown',
  'image.tiff': 'image_unknown',
  'all-ones-code.jpg': 'image_undecodable',
  'dc-symbol-27.jpg': 'image_undecodable',
  'five-percent-missing-with-eoi.jpg': 'image_undecodable',
  'truncated-half.jpg': 'image_undecodable',
  'truncated-half.png': 'image_undecodable',
  'truncated-tail.jpg': 'image_undecodable',
  'truncated-tail.png': 'image_undecodable',
};

describe('processImage', () => {
  test('the tables below name every fixture', () => {
    expect([...Object.keys(ACCEPTED), ...Object.keys(REFUSED)].sort()).toEqual(imageFixtureNames().sort());
  });

  test.each(Object.entries(ACCEPTED))('%s becomes JPEG, PNG and WebP', async (name, expected) => {
    const [width, height, channels, depth] = expected;
    const size = [width, height, width, height];
    expect(await shape(name, {})).toEqual(['jpg', 'jpeg', ...size, channels, 'uchar']);
    expect(await shape(name, { encodeFormat: 'png', encodeQuality: 1 })).toEqual([
      'png',
      'png',
      ...size,
      channels,
      depth,
    ]);
    expect(await shape(name, { encodeFormat: 'webp' })).toEqual(['webp', 'webp', ...size, 3, 'uchar']);
  });

  test.each(Object.entries(REFUSED))(
    '%s fails as %s, whether its bytes may be kept or not',
    async (name, expected) => {
      expect(await code(name)).toBe(expected);
      expect(await code(name, { encodeFormat: 'original' })).toBe(expected);
      expect(await code(name, { encodeFormat: name.endsWith('g') ? 'jpg' : 'png', skipReencode: true })).toBe(
        expected,
      );
    },
  );

  test('every mode gives the size of its plan', async () => {
    const size = async (settings: Partial<ImageSettings>) =>
      (await shape('landscape.jpg', settings)).slice(2, 4);
    expect(await size({ resizeMode: 'keep_ratio' })).toEqual([96, 64]);
    expect(await size({ resizeMode: 'keep_ratio_largest' })).toEqual([64, 43]);
    expect(await size({ resizeMode: 'center_crop' })).toEqual([64, 64]);
    expect(await size({ resizeMode: 'border' })).toEqual([64, 64]);
    expect(await size({ resizeMode: 'border', imageSize: 700 })).toEqual([700, 700]);
    expect(await size({ resizeMode: 'border', imageSize: 700, resizeOnlyIfBigger: true })).toEqual([
      640, 427,
    ]);
  });

  test('keeps bytes unchanged that already have the requested size and format', async () => {
    for (const [name, encodeFormat] of [
      ['landscape.jpg', 'jpg'],
      ['progressive.jpg', 'jpg'],
      ['rgb16.png', 'png'],
      ['lossy.webp', 'webp'],
      ['animated.webp', 'webp'],
    ] as const) {
      const bytes = imageFixture(name);
      const settings = { encodeFormat, encodeQuality: 9, skipReencode: true } as const;
      const kept = { imageSize: 2000, resizeMode: 'keep_ratio', resizeOnlyIfBigger: true } as const;
      expect((await image(bytes, { ...settings, ...kept })).bytes).toBe(bytes);
      expect((await image(bytes, { ...settings, skipReencode: false })).bytes).not.toBe(bytes);
    }
  });

  test.each([
    ['cmyk.jpg', 'jpg', {}],
    ['rgba.png', 'png', {}],
    ['gray-alpha.png', 'png', {}],
    ['text-crc.png', 'png', {}],
    ['rgb.png', 'jpg', {}],
    ['orientation-6.jpg', 'jpg', { autoOrient: true }],
    ['tiny.jpg', 'jpg', { resizeMode: 'border', imageSize: 9 }],
  ] as const)('encodes %s anew as %s', async (name, encodeFormat, settings) => {
    const { bytes } = await image(name, { encodeFormat, encodeQuality: 9, skipReencode: true, ...settings });
    expect(Buffer.compare(bytes, imageFixture(name))).not.toBe(0);
  });

  test('keeps the bytes of every accepted format as original', async () => {
    for (const name of [
      'cmyk.jpg',
      'rgba16.png',
      'animated.webp',
      'animated.gif',
      'animated.avif',
      'still.avif',
      'orientation-6.jpg',
    ]) {
      const bytes = imageFixture(name);
      const settings = { encodeFormat: 'original', autoOrient: true, resizeMode: 'border' } as const;
      const { width, height, extension, ...result } = await image(bytes, settings);
      expect(result.bytes).toBe(bytes);
      expect([width, height]).toEqual(ACCEPTED[name]?.slice(0, 2));
      expect(extension).toBe(name.split('.').at(-1));
    }
  });

  test('detects damage below a crop', async () => {
    const whole = await sharp(imageFixture('portrait.jpg'))
      .resize(300, 900, { fit: 'fill' })
      .jpeg()
      .toBuffer();
    const bytes = whole.subarray(0, whole.length * 0.98);
    const crop = { resizeMode: 'center_crop', downscaleInterpolation: 'nearest' } as const;
    expect(await code(whole, crop)).toBe('ok');
    for (const settings of [
      crop,
      { ...crop, downscaleInterpolation: 'area' } as const,
      { ...crop, resizeMode: 'border' } as const,
    ])
      expect(await code(bytes, settings)).toBe('image_undecodable');
  });

  test('detects a JPEG without its last percent or its last byte, and a PNG without its last byte', async () => {
    const keep = { skipReencode: true, encodeQuality: 9 } as const;
    for (const [name, encodeFormat] of [
      ['landscape.jpg', 'jpg'],
      ['progressive.jpg', 'jpg'],
      ['rgb.png', 'png'],
    ] as const) {
      const bytes = imageFixture(name);
      expect(await code(bytes, { ...keep, encodeFormat })).toBe('ok');
      for (const missing of [1, 2, Math.ceil(bytes.length / 100)]) {
        const cut = bytes.subarray(0, bytes.length - missing);
        expect(await code(cut, { ...keep, encodeFormat })).toBe('image_undecodable');
      }
    }
  });

  test('refuses by size, area and aspect ratio in this order, and accepts values equal to a limit', async () => {
    const portrait = (settings: Partial<ImageSettings>) => code('portrait.jpg', settings);
    expect(await portrait({ minImageSize: 333 })).toBe('ok');
    expect(await portrait({ minImageSize: 334, maxImageArea: 1, maxAspectRatio: 1 })).toBe('image_too_small');
    expect(await portrait({ maxImageArea: 166_500 })).toBe('ok');
    expect(await portrait({ maxImageArea: 166_499, maxAspectRatio: 1 })).toBe('image_area_too_large');
    expect(await portrait({ maxAspectRatio: 500 / 333 })).toBe('ok');
    expect(await portrait({ maxAspectRatio: 1.5 })).toBe('image_aspect_ratio');
  });

  test('counts deep and interlaced PNG double, and has a separate limit for AVIF', async () => {
    expect(await code('rgb.png', {}, { limits: { maxPixels: 9600 } })).toBe('ok');
    expect(await code('rgb.png', {}, { limits: { maxPixels: 9599 } })).toBe('image_too_many_pixels');
    expect(await code('rgb16.png', {}, { limits: { maxPixels: 6143 } })).toBe('image_too_many_pixels');
    expect(await code('interlaced.png', {}, { limits: { maxPixels: 4799 } })).toBe('image_too_many_pixels');
    expect(await code('still.avif', {}, { limits: { maxAvifPixels: 6143 } })).toBe('image_too_many_pixels');
    expect(await code('rgb.png', {}, { limits: { maxSidePixels: 119 } })).toBe('image_too_many_pixels');
  });

  test('refuses to enlarge a thin image beyond the size that can be encoded', async () => {
    const bytes = await sharp({ create: { width: 2000, height: 3, channels: 3, background: '#123456' } })
      .jpeg()
      .toBuffer();
    const keepRatio = { resizeMode: 'keep_ratio', imageSize: 200 } as const;
    expect(await code(bytes, keepRatio)).toBe('image_unencodable');
    expect(await code(bytes, { ...keepRatio, imageSize: 30, encodeFormat: 'webp' })).toBe(
      'image_unencodable',
    );
    expect(await code(bytes, { ...keepRatio, imageSize: 3000, resizeMode: 'center_crop' })).toBe(
      'image_unencodable',
    );
    expect(await code(bytes, { ...keepRatio, imageSize: 2 })).toBe('ok');
  });

  test('hashes and verifies the bytes as downloaded', async () => {
    const digest = (name: string) => createHash(name).update(imageFixture('tiny.jpg')).digest('hex');
    for (const computeHash of ['md5', 'sha256', 'sha512'] as const) {
      const expectedHash = digest(computeHash);
      expect((await image('tiny.jpg', { computeHash }, { expectedHash })).hash).toBe(expectedHash);
      for (const wrong of [null, expectedHash.toUpperCase(), '']) {
        expect(await code('tiny.jpg', { computeHash }, { expectedHash: wrong })).toBe('hash_mismatch');
      }
    }
    expect((await image('tiny.jpg')).hash).toBeNull();
  });

  test('passes all bytes through when all re-encoding is disabled', async () => {
    const bytes = imageFixture('page.jpg');
    const settings = { disableAllReencoding: true, computeHash: 'md5', extractExif: true } as const;
    expect(await image(bytes, { ...settings, encodeFormat: 'png' })).toEqual({
      bytes,
      extension: 'png',
      width: null,
      height: null,
      originalWidth: null,
      originalHeight: null,
      exif: '{}',
      hash: createHash('md5').update(bytes).digest('hex'),
    });
    expect((await image('still.gif', { ...settings, encodeFormat: 'original' })).extension).toBe('jpg');
    expect(await code('page.jpg', settings, { expectedHash: null })).toBe('hash_mismatch');
  });

  test('reports EXIF only on request', async () => {
    const extractExif = true;
    expect((await image('orientation-6.jpg', { extractExif })).exif).toBe(
      '{"Image Orientation": "Rotated 90 CW"}',
    );
    expect((await image('landscape.jpg', { extractExif })).exif).toBe('{}');
    expect((await image('orientation-6.jpg')).exif).toBeNull();
    expect((await image('orientation-6.jpg', { extractExif, disableAllReencoding: true })).exif).toContain(
      'Rotated',
    );
  });

  test('detects the media type by the bytes, even of refused bodies', async () => {
    expect(await run('image.tiff')).toEqual({ ok: false, code: 'image_unknown', mimeType: 'image/tiff' });
    expect(await run('still.avif')).toMatchObject({ ok: true, mimeType: 'image/avif' });
  });
});
