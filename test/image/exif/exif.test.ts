import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readExif } from '../../../src/image/exif/exif.ts';
import { DEFAULT_LIMITS } from '../../../src/image/job/settings.ts';
import { processImage } from '../../../src/image/render/process-image.ts';
import { imageFixture, PLAIN } from '../fixtures.ts';
import { pngChunk } from '../png-chunks.ts';
import { exifBlock, ODD_EXIF, PHONE_EXIF } from './exif-block.ts';

const expected: Record<string, string> = JSON.parse(imageFixture('exif.json').toString());

describe('readExif', () => {
  test.each(Object.keys(expected))('reads %s as exifread 3.0.0 does', async (name) => {
    const { exif } = await sharp(imageFixture(name)).metadata();
    expect(readExif(exif)).toBe(expected[name]);
  });

  test('an image without a block has no tags', () => {
    expect(readExif(undefined)).toBe('{}');
  });

  test('a block that is not a TIFF structure cannot be read', () => {
    expect(readExif(Buffer.from('Exif\0\0XX*\0\0\0\0\x08'))).toBeNull();
    expect(readExif(Buffer.alloc(0))).toBeNull();
  });

  test('reads Latin-1 where the standard requires ASCII', () => {
    const block = exifBlock({
      littleEndian: true,
      image: [{ tag: 0x8298, type: 'byte', value: [0xa9, 0x41, 0x42, 0x43, 0] }],
    });
    block.writeUInt16LE(2, 12);
    expect(readExif(block)).toBe('{"Image Copyright": "\\u00a9ABC"}');
  });

  test('leaves out a tag whose value lies outside the block', () => {
    const block = exifBlock({
      littleEndian: true,
      image: [
        { tag: 0x010f, type: 'ascii', value: 'A maker' },
        { tag: 0x0110, type: 'ascii', value: 'A model' },
      ],
    });
    block.writeUInt32LE(0xffff_fff0, 10 + 8);
    expect(readExif(block)).toBe('{"Image Model": "A model"}');
  });

  test('stops at directories that point to themselves', () => {
    const block = exifBlock({
      littleEndian: true,
      image: [{ tag: 0x0112, type: 'short', value: [1] }],
      thumbnail: [],
    });
    block.writeUInt32LE(8, 10 + 12);
    expect(readExif(block)).toBe('{"Image Orientation": "Horizontal (normal)"}');
  });

  test('abandons a block whose entries all share one long value', () => {
    const block = Buffer.alloc(60_000);
    block.write('II*\0\x08\0\0\0\x88\x13', 'latin1');
    for (let entry = 10; entry + 12 < block.length; entry += 12) {
      block.writeUInt16LE(entry, entry);
      block.writeUInt16LE(2, entry + 2);
      block.writeUInt32LE(50_000, entry + 4);
    }
    expect(readExif(block)).toBeNull();
  });

  test('never throws and always returns JSON, whatever bytes are damaged', () => {
    const blocks = fc.constantFrom(exifBlock(PHONE_EXIF), exifBlock(ODD_EXIF));
    const damage = fc.array(fc.tuple(fc.nat(1200), fc.nat(255)), { maxLength: 20 });
    fc.assert(
      fc.property(blocks, damage, fc.nat(1200), (block, changes, end) => {
        const damaged = Buffer.from(block.subarray(0, end));
        for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte;
        const text = readExif(damaged);
        if (text !== null) expect(JSON.parse(text)).toBeTypeOf('object');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('EXIF of an image', () => {
  async function exifOf(bytes: Buffer, disableAllReencoding: boolean): Promise<unknown> {
    const settings = { ...PLAIN, extractExif: true, disableAllReencoding };
    const result = await processImage({ bytes }, settings, DEFAULT_LIMITS);
    return result.ok ? result.image.exif : result.code;
  }

  test('is read from the chunk of a PNG as Pillow writes it, whether the image is decoded or not', async () => {
    const png = imageFixture('rgb.png');
    const image = [{ tag: 0x0112, type: 'short', value: [6] }] as const;
    const chunk = pngChunk('eXIf', exifBlock({ littleEndian: false, image }));
    const bytes = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
    for (const isRaw of [false, true])
      expect(await exifOf(bytes, isRaw)).toBe('{"Image Orientation": "Rotated 90 CW"}');
  });

  test.each(['animated.webp', 'still.gif', 'still.avif', 'rgb.png', 'landscape.jpg'])(
    'is empty for what is left of %s, which is kept unread',
    async (name) => {
      const bytes = imageFixture(name);
      for (const share of [0.5, 0.02])
        expect(await exifOf(bytes.subarray(0, bytes.length * share), true)).toBe('{}');
    },
  );
});
