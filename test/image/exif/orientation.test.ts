import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readOrientation } from '../../../src/image/exif/orientation.ts';
import { imageFixture } from '../fixtures.ts';

test.each([1, 2, 3, 4, 5, 6, 7, 8])('readOrientation finds %i', async (n) => {
  const { exif, orientation } = await sharp(imageFixture(`orientation-${n}.jpg`)).metadata();
  expect(orientation).toBe(n);
  expect(exif && readOrientation(exif)).toBe(n);
});

test('readOrientation returns upright for a block without orientation, and null for a damaged one', async () => {
  const { exif } = await sharp(imageFixture('orientation-6.jpg')).metadata();
  if (!exif) throw new Error('no EXIF');
  const tag = exif.indexOf(
    exif.toString('latin1', 6, 8) === 'II' ? Buffer.of(0x12, 1) : Buffer.of(1, 0x12),
    8,
  );
  const change = (at: number, byte: number) => {
    const block = Buffer.from(exif);
    block[at] = byte;
    return readOrientation(block);
  };
  expect([change(tag, 0x77), change(tag + 1, 0x77)]).toEqual([1, 1]);
  for (const at of [6, 8, 9, 12, 13, tag + 2, tag + 3, tag + 4, tag + 5, tag + 8, tag + 9])
    expect([null, 6], `byte ${at}`).toContain(change(at, 0xee));
  for (let length = 6; length < tag; length++) expect(readOrientation(exif.subarray(0, length))).toBeNull();
});
