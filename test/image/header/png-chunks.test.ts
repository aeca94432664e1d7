import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { hasSoundChunks } from '../../../src/image/header/png-chunks.ts';
import { imageFixture, imageFixtureNames } from '../fixtures.ts';
import { pngChunk } from '../png-chunks.ts';

type Chunk = readonly [type: string, data: Buffer];

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const DATA: Chunk = ['IDAT', deflateSync(Buffer.alloc(20))];
const END: Chunk = ['IEND', Buffer.of()];
const PALETTE: Chunk = ['PLTE', Buffer.alloc(6)];
const BOMB = deflateSync(Buffer.alloc(2 ** 20 + 1));

/** The header of an image of 4 x 3 pixels with 8 bits. */
const header = (colourType: number): Chunk => [
  'IHDR',
  Buffer.of(0, 0, 0, 4, 0, 0, 0, 3, 8, colourType, 0, 0, 0),
];
const RGB = header(2);
const empty = (type: string, bytes: number): Chunk => [type, Buffer.alloc(bytes)];
const text = (type: string, start: string, data: Buffer): Chunk => [
  type,
  Buffer.concat([Buffer.from(start, 'latin1'), data]),
];

/** Chunks of an animation: its frames, then the number of each chunk and where a frame lies. */
const announce = (frames: number): Chunk => ['acTL', words(frames, 0)];
const begin = (number: number, [width, height, left, top] = [4, 3, 0, 0]): Chunk => [
  'fcTL',
  Buffer.concat([words(number, width ?? 0, height ?? 0, left ?? 0, top ?? 0), Buffer.alloc(6)]),
];
const data = (number: number): Chunk => ['fdAT', Buffer.concat([words(number), DATA[1]])];

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [place, value] of values.entries()) bytes.writeUInt32BE(value, 4 * place);
  return bytes;
}

const png = (...chunks: readonly Chunk[]): Buffer =>
  Buffer.concat([SIGNATURE, ...chunks.map(([type, content]) => pngChunk(type, content))]);

const SOUND: Readonly<Record<string, readonly Chunk[]>> = {
  'a plain image': [RGB, DATA, END],
  'data in several chunks': [RGB, DATA, DATA, END],
  'a palette': [header(3), PALETTE, DATA, END],
  'chunks behind the data': [RGB, DATA, text('tEXt', 'a\0', Buffer.from('b')), END, DATA],
  'an unknown chunk that may be ignored': [RGB, empty('juNk', 3), DATA, END],
  'a background, a transparent colour': [RGB, empty('bKGD', 6), empty('tRNS', 6), DATA, END],
  'a text that is damaged': [RGB, text('zTXt', 'a\0\0', Buffer.from('noise')), DATA, END],
  'a text without a name': [RGB, empty('zTXt', 0), text('iTXt', 'a', Buffer.of()), DATA, END],
  'a compressed text': [RGB, text('iTXt', 'a\0\x01\0\0\0', deflateSync(Buffer.alloc(99))), DATA, END],
  'an animation': [RGB, announce(2), begin(0), DATA, begin(1, [2, 1, 2, 2]), data(2), data(3), END],
  'an animation behind another image': [RGB, announce(1), DATA, begin(0), data(1), END],
};

const UNSOUND: Readonly<Record<string, readonly Chunk[]>> = {
  'no end': [RGB, DATA],
  'no data': [RGB, END],
  'no header': [DATA, END],
  'another chunk first': [empty('juNk', 3), RGB, DATA, END],
  'a second header': [RGB, DATA, RGB, END],
  'a short header': [['IHDR', RGB[1].subarray(0, 12)], DATA, END],
  'data in two places': [RGB, DATA, empty('juNk', 3), DATA, END],
  'a palette behind the data': [RGB, DATA, PALETTE, END],
  'a second palette': [header(3), PALETTE, PALETTE, DATA, END],
  'no palette': [header(3), DATA, END],
  'a palette of a fraction of a colour': [header(3), empty('PLTE', 4), DATA, END],
  'an unknown chunk that must be known': [RGB, empty('JuNk', 3), DATA, END],
  'a name that is not letters': [RGB, empty('ju k', 3), DATA, END],
  'a background of another kind of image': [RGB, empty('bKGD', 2), DATA, END],
  'half a transparent colour': [RGB, empty('tRNS', 3), DATA, END],
  'a compression that does not exist': [RGB, text('zTXt', 'a\0\x01', deflateSync(Buffer.of())), DATA, END],
  'a profile without data': [RGB, empty('iCCP', 0), DATA, END],
  'a text of more than 1 MiB': [RGB, text('zTXt', 'a\0\0', BOMB), DATA, END],
  'a longer international text': [RGB, text('iTXt', 'a\0\x01\0\0\0', BOMB), DATA, END],
  'a profile of more than 1 MiB': [RGB, text('iCCP', 'a\0\0', BOMB), DATA, END],
  'a frame of no animation': [RGB, begin(0), DATA, END],
  'a missing frame': [RGB, announce(2), begin(0), DATA, END],
  'a frame too many': [RGB, announce(1), begin(0), DATA, begin(1), data(2), END],
  'an animation of no frames': [RGB, announce(0), DATA, END],
  'an animation announced too late': [RGB, DATA, announce(1), begin(0), data(1), END],
  'a frame without data': [RGB, announce(2), begin(0), begin(1), DATA, END],
  'numbers out of turn': [RGB, announce(1), DATA, begin(0), data(2), END],
  'a frame outside the image': [RGB, announce(1), DATA, begin(0, [2, 2, 3, 0]), data(1), END],
  'data before its frame': [RGB, announce(1), DATA, data(0), begin(1), END],
  ...Object.fromEntries(
    Object.entries({ cHRM: 31, gAMA: 3, sRGB: 0, pHYs: 8, acTL: 7, fcTL: 25 }).map(
      ([type, bytes]): [string, readonly Chunk[]] => [
        `a short ${type}`,
        [RGB, empty(type, bytes), DATA, END],
      ],
    ),
  ),
};

describe('hasSoundChunks', () => {
  test.each(Object.entries(SOUND))('accepts %s', (_, chunks) => {
    expect(hasSoundChunks(png(...chunks))).toBe(true);
  });

  test.each(Object.entries(UNSOUND))('refuses %s', (_, chunks) => {
    expect(hasSoundChunks(png(...chunks))).toBe(false);
  });

  test('refuses a wrong checksum in any chunk, and accepts all fixtures but those that are damaged', () => {
    const whole = png(RGB, DATA, END);
    for (let at = 8; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(hasSoundChunks(bytes), `byte ${at}`).toBe(false);
    }
    const refused = imageFixtureNames().filter(
      (name) => name.endsWith('.png') && !hasSoundChunks(imageFixture(name)),
    );
    expect(refused).toEqual(['bomb-header.png', 'text-crc.png', 'truncated-half.png', 'truncated-tail.png']);
  });
});
