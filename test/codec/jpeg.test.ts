import fc from 'fast-check';
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, test } from 'vitest';
import { Codec } from '../../src/codec/codec.ts';
import { CHECK_ONLY, decodeJpeg } from '../../src/codec/decode-jpeg.ts';
import { readJpegHeader } from '../../src/codec/jpeg-header.ts';
import { loadKernel } from '../../src/codec/kernel-module.ts';
import type { Interpolation } from '../../src/codec/resample/kernels.ts';
import { planResize } from '../../src/image/job/resize-modes.ts';
import { DEFAULT_LIMITS } from '../../src/image/job/settings.ts';
import { processImage } from '../../src/image/render/process-image.ts';
import { imageFixture, PLAIN } from '../image/fixtures.ts';
import { photo, random } from '../image/photo.ts';
import {
  AS_IT_IS,
  type Asked,
  decibels,
  expectAsSharp,
  expectLossOfJpeg,
  isIntact,
  KEEP_RATIO,
  reference,
} from './beside-sharp.ts';
import { damaged } from './damage.ts';

const codec = new Codec(95);

const jpeg = async (width: number, height: number, options: JpegOptions = {}): Promise<Buffer> =>
  (await photo(width, height, width)).jpeg({ quality: 88, ...options }).toBuffer();

/** An image with many colours beyond the range of RGB. */
const saturated = async (options: JpegOptions): Promise<Buffer> => {
  const drawn = (await photo(61, 43, 3)).linear(3, -256);
  return sharp(await drawn.png().toBuffer())
    .jpeg(options)
    .toBuffer();
};

function convert(bytes: Uint8Array, asked: Asked, interpolation: Interpolation = 'cubic'): Buffer | null {
  const header = readJpegHeader(bytes);
  return (
    header && codec.convert(bytes, header, planResize(header.width, header.height, asked), interpolation)
  );
}

describe('Codec', () => {
  const LOOKS: Readonly<Record<string, JpegOptions>> = {
    'half chroma': {},
    'full chroma': { chromaSubsampling: '4:4:4' },
    'half chroma, progressive': { progressive: true },
    'full chroma, progressive': { progressive: true, chromaSubsampling: '4:4:4' },
    'optimised codes': { optimiseCoding: true, quality: 40 },
    'highest quality': { quality: 100 },
  };

  test.each(Object.entries(LOOKS))('%s: comes close to exact arithmetic', async (_, options) => {
    const draw = (width: number, height: number) => jpeg(width, height, options);
    await expectAsSharp(draw, convert, [KEEP_RATIO, { ...KEEP_RATIO, imageSize: 48 }, AS_IT_IS]);
  });

  test.each(['border', 'center_crop', 'keep_ratio', 'keep_ratio_largest'] as const)(
    '%s: comes close to exact arithmetic, in colour and gray',
    async (resizeMode) => {
      for (const name of ['landscape.jpg', 'portrait.jpg', 'gray.jpg', 'progressive.jpg', 'large.jpg']) {
        for (const imageSize of name === 'large.jpg' ? [100, 300] : [82, 300]) {
          const asked = { resizeMode, imageSize, resizeOnlyIfBigger: false } as const;
          const [ours, its] = [
            convert(imageFixture(name), asked),
            await reference(imageFixture(name), asked),
          ];
          expect(await decibels(ours, its), `${name} to ${imageSize}`).toBeGreaterThan(38);
        }
      }
    },
  );

  test.each(['nearest', 'linear', 'cubic', 'area', 'lanczos'] as const)(
    '%s: is what its name says, reducing and enlarging',
    async (interpolation) => {
      // The interpolations of noise are further apart than JPEG's loss; those of a photograph are not.
      const next = random(1);
      const noise = Buffer.from(Array.from({ length: 160 * 120 }, () => 64 + 128 * next()));
      const raw = { width: 160, height: 120, channels: 1 } as const;
      const bytes = await sharp(noise, { raw }).toColourspace('b-w').jpeg({ quality: 95 }).toBuffer();
      for (const imageSize of [40, 60, 156, 300]) {
        const asked = { ...KEEP_RATIO, imageSize } as const;
        const ours = convert(bytes, asked, interpolation);
        for (const other of ['nearest', 'linear', 'cubic', 'area', 'lanczos'] as const) {
          const likeness = await decibels(ours, await reference(bytes, asked, other));
          if (other === interpolation) expect(likeness, `to ${imageSize}`).toBeGreaterThan(42);
          else expect(likeness, `${other} to ${imageSize}`).toBeLessThan(38);
        }
      }
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'turns an image of EXIF orientation %i before it scales',
    async (orientation) => {
      for (const [width, height] of [
        [161, 97],
        [90, 155],
      ] as const) {
        const drawn = (await photo(width, height, 1)).withMetadata({ orientation }).jpeg({ quality: 95 });
        const bytes = await drawn.toBuffer();
        for (const asked of [
          { ...KEEP_RATIO, imageSize: 48 },
          { ...KEEP_RATIO, resizeMode: 'border', imageSize: 60 },
          { ...KEEP_RATIO, resizeMode: 'center_crop', imageSize: 71 },
          AS_IT_IS,
        ] as const) {
          const settings = { ...PLAIN, ...asked, autoOrient: true, downscaleInterpolation: 'cubic' } as const;
          const result = await processImage({ bytes }, settings, DEFAULT_LIMITS);
          if (!result.ok) throw new Error(result.code);
          const exact = await reference(bytes, asked, 'cubic', true);
          expect(await decibels(Buffer.from(result.image.bytes), exact), asked.resizeMode).toBeGreaterThan(
            38,
          );
        }
      }
    },
  );

  test('gives the same bytes for the same image, whatever images came before', async () => {
    const bytes = imageFixture('landscape.jpg');
    const first = convert(bytes, KEEP_RATIO);
    convert(imageFixture('progressive.jpg'), { ...KEEP_RATIO, imageSize: 700 });
    convert(imageFixture('gray.jpg'), KEEP_RATIO);
    expect(convert(bytes, KEEP_RATIO)).toEqual(first);
    expect(new Codec(95).convert(bytes, header(bytes), planOf(bytes), 'cubic')).toEqual(first);
  });

  test.each([{}, { chromaSubsampling: '4:4:4' }, { quality: 40 }, { progressive: true }])(
    'comes close to exact arithmetic even when the decoder quarters an image: %o',
    async (options) => {
      const bytes = await sharp(imageFixture('large.jpg')).jpeg(options).toBuffer();
      for (const imageSize of [266, 133, 34, 20]) {
        const asked = { ...KEEP_RATIO, imageSize } as const;
        const [ours, its] = [convert(bytes, asked), await reference(bytes, asked)];
        expect(await decibels(ours, its), `to ${imageSize}`).toBeGreaterThan(40);
      }
    },
  );

  test.each([
    ['half chroma', 2, 2, saturated({})],
    ['full chroma', 1, 1, saturated({ chromaSubsampling: '4:4:4' })],
    ['half across', 2, 1, imageFixture('half-across.jpg')],
    ['half down', 1, 2, imageFixture('half-down.jpg')],
  ] as const)('enlarges saturated colours as readers show them: %s', async (_, across, down, drawn) => {
    const bytes = await drawn;
    expect(header(bytes).components[0]).toMatchObject({ across, down });
    for (const interpolation of ['linear', 'lanczos'] as const) {
      const asked = { ...KEEP_RATIO, imageSize: 300 } as const;
      await expectLossOfJpeg(convert(bytes, asked, interpolation), bytes, asked, interpolation, 0.25);
    }
  });

  test('refuses an image that needs more memory than it has, and accepts the next one', () => {
    const bytes = Buffer.from(imageFixture('progressive.jpg'));
    const frame = bytes.indexOf(Buffer.of(0xff, 0xc2));
    bytes.writeUInt16BE(20_000, frame + 5);
    bytes.writeUInt16BE(20_000, frame + 7);
    expect(codec.convert(bytes, header(bytes), planOf(bytes), 'cubic')).toBeNull();
    expect(convert(imageFixture('landscape.jpg'), KEEP_RATIO)).not.toBeNull();
  });

  test.each([false, true])(
    'accepts as intact only what sharp can decode, progressive: %s',
    async (progressive) => {
      const whole = await jpeg(150, 100, { progressive });
      expect(codec.isIntact(whole, header(whole))).toBe(true);
      let passed = 0;
      await fc.assert(
        fc.asyncProperty(damaged(whole), async (bytes) => {
          const plain = readJpegHeader(bytes);
          if (plain === null || !codec.isIntact(bytes, plain)) return;
          passed += 1;
          expect(await isIntact(bytes)).toBe(true);
          const [ours, its] = [convert(bytes, KEEP_RATIO), await reference(bytes, KEEP_RATIO)];
          // Damaged tables give colours outside RGB, which the codec and sharp clip at different stages.
          expect(await decibels(ours, its)).toBeGreaterThan(25);
        }),
        { numRuns: 200, seed: 7 },
      );
      expect(passed).toBeGreaterThan(10);
    },
  );

  test.each([
    [150, 40],
    [150, 88],
    [300, 100],
  ])(
    'detects all damage in skipped coefficients, when checking and at a quarter: %i pixels, quality %i',
    async (width, quality) => {
      const kernel = loadKernel();
      const whole = await jpeg(width, 200, { quality, optimiseCoding: width === 300 });
      const verdicts = new Set<boolean>();
      await fc.assert(
        fc.property(damaged(whole), (bytes) => {
          const plain = readJpegHeader(bytes);
          if (plain === null) return;
          const isWhole = decodeJpeg(kernel, bytes, plain, 0);
          verdicts.add(isWhole);
          expect(decodeJpeg(kernel, bytes, plain, CHECK_ONLY)).toBe(isWhole);
          expect(decodeJpeg(kernel, bytes, plain, 2)).toBe(isWhole);
        }),
        { numRuns: 500, seed: 7 },
      );
      expect(verdicts.size).toBe(2);
    },
  );

  const header = (bytes: Uint8Array) => {
    const found = readJpegHeader(bytes);
    if (found === null) throw new Error('not plain');
    return found;
  };
  const planOf = (bytes: Uint8Array) => planResize(header(bytes).width, header(bytes).height, KEEP_RATIO);
});

describe('readJpegHeader', () => {
  test('refuses what is not a plain JPEG', async () => {
    for (const name of ['cmyk.jpg', 'display-p3.jpg', 'rgb.png', 'empty.jpg', 'noise.jpg'])
      expect(readJpegHeader(imageFixture(name)), name).toBeNull();
    for (const name of ['landscape.jpg', 'gray.jpg', 'progressive.jpg', 'exif-phone.jpg', 'tiny.jpg']) {
      const { width, height, isProgressive, channels } = await sharp(imageFixture(name)).metadata();
      expect(readJpegHeader(imageFixture(name)), name).toMatchObject({
        width,
        height,
        progressive: isProgressive,
      });
      expect(readJpegHeader(imageFixture(name))?.components.length).toBe(channels);
    }
  });

  test('refuses bytes that do not begin with the start of an image', () => {
    const bytes = Buffer.from(imageFixture('progressive.jpg'));
    bytes.writeUInt8(0xfe, 0);
    expect(readJpegHeader(bytes)).toBeNull();
  });

  test('refuses images whose three channels may be RGB', () => {
    const bytes = Buffer.from(imageFixture('landscape.jpg'));
    const frame = bytes.indexOf(Buffer.of(0xff, 0xc0));
    for (const [index, letter] of [...'RGB'].entries()) bytes.write(letter, frame + 10 + 3 * index, 'latin1');
    expect(readJpegHeader(bytes)).toBeNull();
    const adobe = (transform: number) =>
      Buffer.concat([
        bytes.subarray(0, 2),
        Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]),
        imageFixture('landscape.jpg').subarray(2),
      ]);
    expect(readJpegHeader(adobe(0))).toBeNull();
    expect(readJpegHeader(adobe(1))).not.toBeNull();
  });
});
