import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../../src/core/image-signature.ts';
import { readHeader } from '../../../src/image/header/read-header.ts';
import { imageFixture, imageFixtureNames } from '../fixtures.ts';

const whole = imageFixtureNames().flatMap((name) => {
  const { format } = detectFormat(imageFixture(name));
  // libvips does not know the brand of animated AVIF.
  return format === null || name.startsWith('truncated-half') || name === 'animated.avif'
    ? []
    : [{ name, format }];
});

describe('readHeader', () => {
  test.each(whole)('agrees with libvips on $name', async ({ name, format }) => {
    const bytes = imageFixture(name);
    const { width, height, depth, isProgressive } = await sharp(bytes, {
      limitInputPixels: false,
    }).metadata();
    expect(readHeader(bytes, format)).toEqual({
      format,
      width,
      height,
      deep: format === 'png' && depth === 'ushort',
      interlaced: format !== 'avif' && isProgressive,
    });
  });

  test('uses the first frame of a GIF where it is larger than the screen, as the decoder does', async () => {
    const gif = Buffer.from(imageFixture('still.gif'));
    const { width, height } = await sharp(gif).metadata();
    gif.writeUInt16LE(1, 6);
    gif.writeUInt16LE(1, 8);
    expect(await sharp(gif).metadata()).toMatchObject({ width, height });
    expect(readHeader(gif, 'gif')).toMatchObject({ width, height });
  });

  test('uses the largest of the sizes in an AVIF', () => {
    const small = imageFixture('still.avif');
    const boxOf = (width: number, height: number) => {
      const box = Buffer.from(small.subarray(small.indexOf('ispe') - 4, small.indexOf('ispe') + 16));
      box.writeUInt32BE(width, 12);
      box.writeUInt32BE(height, 16);
      return box;
    };
    const bytes = Buffer.concat([small, boxOf(9000, 8000), boxOf(4, 70_000)]);
    expect(readHeader(bytes, 'avif')).toMatchObject({ width: 9000, height: 8000 });
  });

  test('detects a JPEG whose first scan lacks components, despite fill bytes and garbage', () => {
    const jpeg = (components: number) =>
      Buffer.from(
        `ffd8 ffff 00ff01 ffc0 0008 08 0010 0020 03 ffda 0004 0${components}00`.replaceAll(' ', ''),
        'hex',
      );
    const header = { format: 'jpeg', width: 32, height: 16, deep: false };
    expect(readHeader(jpeg(3), 'jpeg')).toEqual({ ...header, interlaced: false });
    expect(readHeader(jpeg(1), 'jpeg')).toEqual({ ...header, interlaced: true });
  });

  test('returns null and does not throw if an image ends or is damaged before its size', () => {
    expect(readHeader(imageFixture('rgb.png').subarray(0, 20), 'png')).toBeNull();
    expect(readHeader(imageFixture('landscape.jpg').subarray(0, 20), 'jpeg')).toBeNull();
    const mutant = fc.record({
      subject: fc.constantFrom(...whole),
      cut: fc.nat(2000),
      flips: fc.array(fc.tuple(fc.nat(199), fc.nat(255)), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(mutant, ({ subject: { name, format }, cut, flips }) => {
        const bytes = Buffer.from(imageFixture(name).subarray(0, cut));
        for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
        const header = readHeader(bytes, format);
        if (header !== null) expect(header.width * header.height).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});
