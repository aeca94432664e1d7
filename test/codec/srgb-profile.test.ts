import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readJpegHeader } from '../../src/codec/jpeg-header.ts';
import { readPngHeader } from '../../src/codec/png-header.ts';
import { isSrgb } from '../../src/codec/srgb-profile.ts';
import { DEFAULT_LIMITS } from '../../src/image/job/settings.ts';
import { processImage } from '../../src/image/render/process-image.ts';
import { imageFixture, PLAIN } from '../image/fixtures.ts';
import { photo } from '../image/photo.ts';
import { pngChunk } from '../image/png-chunks.ts';
import { decibels } from './beside-sharp.ts';
import { iccProfile, SRGB_FORMULA, SRGB_PRIMARIES, srgbTable } from './icc-profile.ts';

const SRGB = iccProfile({ primaries: SRGB_PRIMARIES, curve: SRGB_FORMULA });
const P3_PRIMARIES = [
  [0.5151, 0.2412, -0.0011],
  [0.292, 0.6922, 0.0419],
  [0.1571, 0.0666, 0.7841],
];
const ADOBE_PRIMARIES = [
  [0.6097, 0.3111, 0.0195],
  [0.2053, 0.6257, 0.0609],
  [0.1492, 0.0632, 0.7446],
];

async function profileOf(image: Buffer): Promise<Buffer> {
  const { icc } = await sharp(image).metadata();
  if (icc === undefined) throw new Error('no profile');
  return icc;
}

const withIcc = (jpeg: Buffer, profile: Buffer): Buffer => {
  const payload = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]);
  const head = Buffer.of(0xff, 0xe2, (payload.length + 2) >> 8, (payload.length + 2) & 255);
  return Buffer.concat([jpeg.subarray(0, 2), head, payload, jpeg.subarray(2)]);
};

const withChunk = (png: Buffer, profile: Buffer): Buffer => {
  const payload = Buffer.concat([Buffer.from('any name\0\0', 'latin1'), deflateSync(profile)]);
  return Buffer.concat([png.subarray(0, 33), pngChunk('iCCP', payload), png.subarray(33)]);
};

describe('isSrgb', () => {
  test('recognises sRGB by its content: a formula, or a table of any length', async () => {
    expect(isSrgb(SRGB)).toBe(true);
    for (const count of [4096, 1024, 256, 64])
      expect(isSrgb(iccProfile({ primaries: SRGB_PRIMARIES, curve: srgbTable(count) })), `${count}`).toBe(
        true,
      );
    for (const name of ['srgb', 'p3']) {
      const drawn = await (await photo(8, 8, 1)).withIccProfile(name).jpeg().toBuffer();
      expect(isSrgb(await profileOf(drawn)), name).toBe(name === 'srgb');
    }
    expect(isSrgb(await profileOf(imageFixture('same-with-srgb-icc.jpg')))).toBe(true);
  });

  test.each([
    ['other primaries', { primaries: P3_PRIMARIES, curve: SRGB_FORMULA }],
    ['other primaries and gamma', { primaries: ADOBE_PRIMARIES, curve: { formula: 0, numbers: [2.2] } }],
    ['gamma 2.2', { primaries: SRGB_PRIMARIES, curve: { formula: 0, numbers: [2.2] } }],
    ['linear light', { primaries: SRGB_PRIMARIES, curve: { table: [] } }],
    ['red and blue exchanged', { primaries: [...SRGB_PRIMARIES].reverse(), curve: SRGB_FORMULA }],
    ['an unknown formula', { primaries: SRGB_PRIMARIES, curve: { formula: 9, numbers: [1] } }],
    ['tables beside the matrix', { primaries: SRGB_PRIMARIES, curve: SRGB_FORMULA, further: ['A2B0'] }],
    ['a printer', { primaries: SRGB_PRIMARIES, curve: SRGB_FORMULA, kind: 'prtr' }],
  ] as const)('refuses %s', (_, parts) => {
    expect(isSrgb(iccProfile(parts))).toBe(false);
  });

  test('never throws: cut anywhere, or with any byte changed', () => {
    // The last tag, the white point, is not read: the primaries add up to it.
    for (let length = 0; length < SRGB.length - 20; length++)
      expect(isSrgb(SRGB.subarray(0, length))).toBe(false);
    for (let at = 0; at < SRGB.length; at++) {
      const changed = Buffer.from(SRGB);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      expect([true, false]).toContain(isSrgb(changed));
    }
  });
});

describe('an image with an sRGB profile', () => {
  const settings = { ...PLAIN, resizeMode: 'keep_ratio', imageSize: 64 } as const;
  const render = async (bytes: Buffer): Promise<Buffer> => {
    const result = await processImage({ bytes }, settings, DEFAULT_LIMITS);
    if (!result.ok) throw new Error(result.code);
    return Buffer.from(result.image.bytes);
  };

  test('gives the same bytes as without, as JPEG and as PNG', async () => {
    const jpeg = await (await photo(307, 173, 1)).jpeg().toBuffer();
    expect(await render(withIcc(jpeg, SRGB))).toEqual(await render(jpeg));
    const png = await (await photo(307, 173, 1)).png().toBuffer();
    expect(await render(withChunk(png, SRGB))).toEqual(await render(png));
    const [plain, same] = ['plain-307x173.jpg', 'same-with-srgb-icc.jpg'].map(imageFixture);
    expect(await render(same ?? jpeg)).toEqual(await render(plain ?? jpeg));
  });

  test('has the colours that libvips makes of it', async () => {
    const jpeg = await (await photo(160, 120, 2)).jpeg().toBuffer();
    for (const curve of [SRGB_FORMULA, srgbTable(1024), srgbTable(64)]) {
      const bytes = withIcc(jpeg, iccProfile({ primaries: SRGB_PRIMARIES, curve }));
      const converted = await sharp(bytes).png().toBuffer();
      expect(await decibels(bytes, converted)).toBeGreaterThan(45);
    }
  });

  test('is plain only with one profile in one part, and not if gray', async () => {
    const jpeg = await (await photo(64, 48, 1)).jpeg().toBuffer();
    const gray = await (await photo(64, 48, 1)).toColourspace('b-w').jpeg().toBuffer();
    const once = withIcc(jpeg, SRGB);
    expect(readJpegHeader(once)).not.toBeNull();
    expect(readJpegHeader(withIcc(once, SRGB))).toBeNull();
    expect(readJpegHeader(withIcc(gray, SRGB))).toBeNull();
    const parts = Buffer.from(once);
    parts.writeUInt8(2, parts.indexOf('ICC_PROFILE\0') + 13);
    expect(readJpegHeader(parts)).toBeNull();
    expect(readPngHeader(withChunk(imageFixture('gray.png'), SRGB))).toBeNull();
    expect(readPngHeader(withChunk(imageFixture('rgb.png'), Buffer.alloc(100_000)))).toBeNull();
  });
});
