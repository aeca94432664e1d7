import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Codec } from '../../src/codec/codec.ts';
import { readPngHeader } from '../../src/codec/png-header.ts';
import { planResize } from '../../src/image/job/resize-modes.ts';
import { imageFixture } from '../image/fixtures.ts';
import { photo, random } from '../image/photo.ts';
import { type PngShape, pngChunk, pngFile, pngHeader } from '../image/png-chunks.ts';
import {
  AS_IT_IS,
  type Asked,
  expectAsSharp,
  expectLossOfJpeg,
  isIntact,
  KEEP_RATIO,
} from './beside-sharp.ts';
import { damaged } from './damage.ts';

const codec = new Codec(95);
const END = pngChunk('IEND', Buffer.alloc(0));

function convert(bytes: Uint8Array, asked: Asked = KEEP_RATIO): Buffer | null {
  const header = readPngHeader(bytes);
  return header && codec.convert(bytes, header, planResize(header.width, header.height, asked), 'cubic');
}

const LOOKS: Readonly<Record<string, (width: number, height: number) => Promise<Buffer>>> = {
  RGB: async (width, height) => (await photo(width, height, width)).png().toBuffer(),
  'RGB, filtered': async (width, height) =>
    (await photo(width, height, width)).png({ adaptiveFiltering: true }).toBuffer(),
  gray: async (width, height) =>
    (await photo(width, height, width)).toColourspace('b-w').png({ adaptiveFiltering: true }).toBuffer(),
  palette: async (width, height) => (await photo(width, height, width)).png({ palette: true }).toBuffer(),
};

describe('Codec with a PNG', () => {
  test.each(Object.entries(LOOKS))('%s: comes close to exact arithmetic', async (_, draw) => {
    const bySize = [96, 48].map((imageSize) => ({ ...KEEP_RATIO, imageSize }));
    const byMode = (['border', 'center_crop'] as const).map((resizeMode) => ({ ...KEEP_RATIO, resizeMode }));
    await expectAsSharp(draw, convert, [...bySize, ...byMode, AS_IT_IS]);
  });

  test('removes every filter', () => {
    const drawn = fc.record({
      width: fc.integer({ min: 1, max: 40 }),
      colourType: fc.constantFrom(0, 2),
      filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(drawn, ({ width, colourType, filters, seed }) => {
        const shape = { width, height: filters.length, bitDepth: 8, colourType };
        const next = random(seed);
        const step = colourType === 0 ? 1 : 3;
        const rows = filters.map(() => Buffer.from(Array.from({ length: width * step }, () => next() * 256)));
        const plain = convert(pngFile(shape, rows), AS_IT_IS);
        expect(plain).not.toBeNull();
        expect(convert(filteredPng(shape, rows, filters, step), AS_IT_IS)).toEqual(plain);
      }),
    );
  });

  test('accepts rows in any number of pieces', async () => {
    const whole = await (await photo(90, 60, 1)).png().toBuffer();
    const header = readPngHeader(whole);
    const rows = Buffer.concat(header?.data ?? []);
    const pieces = [rows.subarray(0, 1), rows.subarray(1, 1), rows.subarray(1, 700), rows.subarray(700)];
    const shape = { width: 90, height: 60, bitDepth: 8, colourType: 2 };
    const inPieces = Buffer.concat([
      pngHeader(shape),
      ...pieces.map((piece) => pngChunk('IDAT', piece)),
      END,
    ]);
    expect(convert(inPieces)).toEqual(convert(whole));
  });

  test('refuses rows that are too short, too long or have an unknown filter, and colours outside the palette', () => {
    const shape = { width: 4, height: 3, bitDepth: 8, colourType: 3 };
    const palette = pngChunk('PLTE', Buffer.from('black-white!'));
    const file = (rows: Buffer) => pngOf(shape, rows, palette);
    const rows = Buffer.from([0, 3, 3, 0, 1, 0, 0, 1, 2, 3, 0, 1, 1, 1, 1]);
    expect(convert(file(rows))).not.toBeNull();
    expect(convert(file(rows.subarray(1)))).toBeNull();
    expect(convert(file(Buffer.concat([rows, rows])))).toBeNull();
    expect(convert(file(Buffer.from(rows).fill(5, 5, 6)))).toBeNull();
    expect(convert(file(Buffer.from(rows).fill(4, 1, 2)))).toBeNull();
  });

  test('refuses an image with more pixels than it holds in memory', async () => {
    const draw = (width: number) =>
      sharp({ create: { width, height: 1000, channels: 3, background: '#123456' } })
        .png()
        .toBuffer();
    const asked = { ...KEEP_RATIO, imageSize: 500 };
    expect(convert(await draw(2000), asked)).not.toBeNull();
    expect(convert(await draw(2001), asked)).toBeNull();
  });

  test('accepts as intact only what sharp can decode', async () => {
    const whole = await (await photo(60, 40, 1)).png({ adaptiveFiltering: true }).toBuffer();
    const rows = inflateSync(Buffer.concat(readPngHeader(whole)?.data ?? []));
    const shape = { width: 60, height: 40, bitDepth: 8, colourType: 2 };
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          damaged(whole),
          damaged(rows).map((damagedRows) => pngOf(shape, damagedRows)),
        ),
        async (bytes) => {
          const header = readPngHeader(bytes);
          if (header === null || !codec.isIntact(bytes, header)) return;
          taken += 1;
          expect(await isIntact(bytes)).toBe(true);
          await expectLossOfJpeg(convert(bytes), bytes, KEEP_RATIO);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
    expect(taken).toBeGreaterThan(10);
  });
});

describe('readPngHeader', () => {
  test('accepts plain PNGs', async () => {
    for (const name of ['rgb.png', 'gray.png']) {
      const { width, height, channels } = await sharp(imageFixture(name)).metadata();
      const header = readPngHeader(imageFixture(name));
      expect(header, name).toMatchObject({ format: 'png', width, height, palette: null });
      expect(header?.components.length).toBe(channels);
    }
  });

  test('refuses what is not a plain PNG', () => {
    const others = ['interlaced', 'rgba', 'gray-alpha', 'rgb16', 'gray16', 'display-p3-16', 'bilevel'];
    const odd = ['palette-transparent', 'truncated-half', 'truncated-tail', 'bomb-header', 'bomb-square'];
    for (const name of [...others, ...odd])
      expect(readPngHeader(imageFixture(`${name}.png`)), name).toBeNull();
    expect(readPngHeader(imageFixture('landscape.jpg'))).toBeNull();
  });

  test('refuses chunks that affect the pixels, and only those', () => {
    const bytes = imageFixture('rgb.png');
    const having = (type: string, payload: string) =>
      Buffer.concat([
        bytes.subarray(0, 33),
        pngChunk(type, Buffer.from(payload, 'latin1')),
        bytes.subarray(33),
      ]);
    for (const type of ['gAMA', 'pHYs', 'tEXt', 'tIME'])
      expect(readPngHeader(having(type, 'Comment\0nice')), type).not.toBeNull();
    for (const type of ['iCCP', 'eXIf', 'tRNS', 'acTL', 'sBIT', 'PLTE', 'IHDR', 'CRIT'])
      expect(readPngHeader(having(type, 'Comment\0nice')), type).toBeNull();
    expect(readPngHeader(having('zTXt', 'Raw profile type exif\0nice'))).toBeNull();
  });

  test('refuses an image with millions of chunks', () => {
    const bytes = imageFixture('rgb.png');
    const dataAt = bytes.indexOf('IDAT') - 4;
    const empty = pngChunk('IDAT', Buffer.alloc(0));
    const having = (chunks: number) => {
      const many = Array.from({ length: chunks }, () => empty);
      return Buffer.concat([bytes.subarray(0, dataAt), ...many, bytes.subarray(dataAt)]);
    };
    expect(readPngHeader(having(1000))).toMatchObject({ width: 120 });
    expect(readPngHeader(having(10_000))).toBeNull();
  });

  test('detects a wrong checksum', () => {
    const bytes = Buffer.from(imageFixture('rgb.png'));
    expect(readPngHeader(bytes)).not.toBeNull();
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    expect(readPngHeader(bytes)).toBeNull();
  });
});

/** The same image as `pngFile` makes, with the rows filtered by these filters. */
function filteredPng(
  shape: PngShape,
  rows: readonly Buffer[],
  filters: readonly number[],
  step: number,
): Buffer {
  const filtered = rows.map((row, y) => {
    const above = rows[y - 1] ?? Buffer.alloc(row.length);
    const filter = filters[y] ?? 0;
    return Buffer.from([
      filter,
      ...row.map((value, x) => {
        const at = (line: Buffer, place: number) => (place < 0 ? 0 : (line[place] ?? 0));
        return value - predict(filter, at(row, x - step), at(above, x), at(above, x - step));
      }),
    ]);
  });
  return pngOf(shape, Buffer.concat(filtered));
}

function pngOf(shape: PngShape, rows: Buffer, ...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([pngHeader(shape), ...chunks, pngChunk('IDAT', deflateSync(rows)), END]);
}

/** Follows the text of the standard. */
function predict(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return Math.floor((left + up) / 2);
    case 4: {
      const guess = left + up - corner;
      const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
      return a <= b && a <= c ? left : b <= c ? up : corner;
    }
    default:
      return 0;
  }
}
