import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type ImageSettings } from '../../../src/image/job/settings.ts';
import { processImage } from '../../../src/image/render/process-image.ts';
import { imageFixture, PLAIN } from '../fixtures.ts';
import { photo } from '../photo.ts';
import { pngChunk } from '../png-chunks.ts';
import { scanBomb } from '../scan-bomb.ts';

const END = Buffer.of(0xff, 0xd9);

/** Every way in which bytes can be kept, checked or encoded anew. */
const WAYS: readonly Partial<ImageSettings>[] = [
  { encodeFormat: 'original' },
  { encodeFormat: 'jpg', skipReencode: true },
  { encodeFormat: 'webp' },
  ...(['keep_ratio', 'keep_ratio_largest', 'center_crop', 'border'] as const).map((resizeMode) => ({
    resizeMode,
  })),
  { resizeMode: 'border', downscaleInterpolation: 'nearest' },
];

async function outcomes(bytes: Uint8Array, ways = WAYS): Promise<readonly string[]> {
  const results: string[] = [];
  for (const way of ways) {
    const result = await processImage({ bytes }, { ...PLAIN, ...way }, DEFAULT_LIMITS);
    results.push(result.ok ? 'ok' : result.code);
  }
  return [...new Set(results)];
}

/** JPEGs that the codec decodes, and such that only the fallback can. */
const DRAWN = {
  plain: async () => (await photo(240, 160, 1)).jpeg().toBuffer(),
  gray: async () => (await photo(240, 160, 1)).toColourspace('b-w').jpeg().toBuffer(),
  progressive: async () => (await photo(240, 160, 1)).jpeg({ progressive: true }).toBuffer(),
  'with a profile': async () => (await photo(240, 160, 1)).withIccProfile('p3').jpeg().toBuffer(),
  CMYK: async () => (await photo(240, 160, 1)).toColourspace('cmyk').jpeg().toBuffer(),
} as const;

describe('a JPEG that lacks pixels', () => {
  test.each(Object.entries(DRAWN))(
    '%s: is damaged even where an end marker was put back',
    async (_, draw) => {
      const whole = await draw();
      expect(await outcomes(whole)).toEqual(['ok']);
      for (const share of [0.5, 0.8, 0.95]) {
        const cut = Buffer.concat([whole.subarray(0, whole.length * share), END]);
        expect(await outcomes(cut), `the first ${share}`).toEqual(['image_undecodable']);
      }
      const [from, to] = [Math.round(whole.length * 0.7), Math.round(whole.length * 0.8)];
      const holed = Buffer.concat([whole.subarray(0, from), whole.subarray(to)]);
      expect(await outcomes(holed), 'a hole').toEqual(['image_undecodable']);
    },
  );

  test.each(Object.entries(DRAWN))(
    '%s: is none for bytes behind or right before its end',
    async (_, draw) => {
      const whole = await draw();
      const before = Buffer.concat([whole.subarray(0, -2), Buffer.from('some bytes'), END]);
      for (const bytes of [
        Buffer.concat([whole, Buffer.alloc(1000, 7)]),
        Buffer.concat([whole, whole]),
        before,
      ])
        expect(await outcomes(bytes)).toEqual(['ok']);
    },
  );

  test.each([{ progressive: false }, { progressive: true }])(
    'is damaged if a colour has no scan: %o',
    async (options) => {
      const gray = await (await photo(240, 160, 1)).toColourspace('b-w').jpeg(options).toBuffer();
      const frame = gray.indexOf(Buffer.of(0xff, options.progressive ? 0xc2 : 0xc0, 0, 11, 8));
      const coloured = Buffer.from(gray.subarray(frame, frame + 13));
      coloured.set([17], 3);
      coloured.set([3], 9);
      const [first, colours] = [coloured[10] ?? 0, [0x11, 0]];
      const others = Buffer.from([first + 1, ...colours, first + 2, ...colours]);
      const bytes = Buffer.concat([gray.subarray(0, frame), coloured, others, gray.subarray(frame + 13)]);
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 240, height: 160, channels: 3 });
      expect(await outcomes(bytes)).toEqual(['image_undecodable']);
    },
  );

  test('unusual headers do not count', async () => {
    const whole = await DRAWN.CMYK();
    const jfif = Buffer.from(imageFixture('cmyk.jpg'));
    const at = jfif.indexOf('JFIF');
    if (at !== -1) jfif.writeUInt8(9, at + 5);
    expect(await outcomes(jfif)).toEqual(['ok']);
    expect(
      await outcomes(
        Buffer.concat([
          whole.subarray(0, 2),
          Buffer.from([0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0\x07\x01\0\0\x01\0\x01\0\0', 'latin1')]),
          whole.subarray(2),
        ]),
      ),
    ).toEqual(['ok']);
  });
});

describe('a JPEG that libjpeg does not read to its end', () => {
  const segment = (marker: number, ...payload: readonly number[]): Buffer =>
    Buffer.of(0xff, marker, 0, payload.length + 2, ...payload);

  test.each([
    [
      'a second frame',
      (whole: Buffer) => whole.subarray(whole.indexOf(Buffer.of(0xff, 0xc0))).subarray(0, 19),
    ],
    [
      'a second scan of all colours',
      (whole: Buffer) => whole.subarray(whole.indexOf(Buffer.of(0xff, 0xda)), -2),
    ],
    ['a table of a slot that does not exist', () => segment(0xdb, 7, ...Array<number>(64).fill(1))],
    ['half a table', () => segment(0xdb, 0, ...Array<number>(63).fill(1))],
    ['half a restart interval', () => segment(0xdd, 1)],
    ['a segment of no known kind', () => segment(0xf3, 1, 2)],
  ])('is damaged: %s before its end', async (_, make) => {
    for (const draw of [DRAWN.plain, DRAWN['with a profile'], DRAWN.CMYK]) {
      const whole = await draw();
      const bytes = Buffer.concat([whole.subarray(0, -2), make(whole), END]);
      expect(await outcomes(bytes)).toEqual(['image_undecodable']);
      const tables = [segment(0xfe, 1), segment(0xdb, 0, ...Array<number>(64).fill(1)), segment(0xdd, 0, 9)];
      expect(await outcomes(Buffer.concat([whole.subarray(0, -2), ...tables, END]))).toEqual(['ok']);
    }
  });
});

describe('a JPEG of many scans', () => {
  test('is accepted up to 100 scans', async () => {
    expect(await outcomes(scanBomb(32, 100))).toEqual(['ok']);
    expect(await outcomes(scanBomb(32, 101))).toEqual(['image_too_many_scans']);
  });

  test('is refused before any scan is read: whether scans can be read makes no difference', async () => {
    const most = DEFAULT_LIMITS.maxScans;
    expect(await outcomes(scanBomb(32, most, false))).toEqual(['image_undecodable']);
    for (const [scans, side] of [
      [most + 1, 32],
      [2660, 1024],
    ] as const)
      expect(await outcomes(scanBomb(side, scans, false))).toEqual(['image_too_many_scans']);
  });

  test('counts neither what metadata contains nor what follows the end', async () => {
    const whole = await DRAWN.progressive();
    const scanMarkers = Buffer.alloc(2000, Buffer.of(0xff, 0xda));
    const comment = Buffer.concat([Buffer.of(0xff, 0xfe, 0x07, 0xd2), scanMarkers]);
    const bytes = Buffer.concat([whole.subarray(0, 2), comment, whole.subarray(2), scanMarkers]);
    expect(await outcomes(bytes)).toEqual(['ok']);
  });
});

describe('a PNG with a wrong checksum', () => {
  const SPOILT = [
    ['IDAT', imageFixture('rgba16.png')],
    ['tEXt', withText(imageFixture('interlaced.png'))],
    ['tEXt', withText(imageFixture('rgb.png'))],
  ] as const;

  test.each(SPOILT)(
    'in %s is encoded anew where it would be kept, and fails as original',
    async (type, whole) => {
      const bytes = Buffer.from(whole);
      const at = bytes.indexOf(type);
      const checksum = at + 4 + bytes.readUInt32BE(at - 4);
      bytes[checksum] = (bytes[checksum] ?? 0) ^ 1;
      const png = { encodeFormat: 'png', encodeQuality: 6, skipReencode: true } as const;
      const result = await processImage({ bytes }, { ...PLAIN, ...png }, DEFAULT_LIMITS);
      if (!result.ok) throw new Error(result.code);
      expect(Buffer.from(result.image.bytes)).not.toEqual(bytes);
      expect(await sharp(result.image.bytes).metadata()).toMatchObject({ format: 'png' });
      expect(await outcomes(bytes, [{ encodeFormat: 'original' }])).toEqual(['image_undecodable']);
      expect(await outcomes(whole, [{ encodeFormat: 'original' }])).toEqual(['ok']);
    },
  );

  function withText(png: Buffer): Buffer {
    return Buffer.concat([
      png.subarray(0, 33),
      pngChunk('tEXt', Buffer.from('Title\0one')),
      png.subarray(33),
    ]);
  }
});

describe('an animation', () => {
  test.each([
    ['animated.gif', 'ok'],
    ['animated.avif', 'ok'],
    ['animated.webp', 'image_undecodable'],
  ] as const)('%s: is not kept if it is cut off behind its first image', async (name, encodedAnew) => {
    const whole = imageFixture(name);
    expect(await outcomes(whole)).toEqual(['ok']);
    for (const share of [0.75, 0.9, 0.99]) {
      const bytes = whole.subarray(0, whole.length * share);
      expect(await outcomes(bytes, [{ encodeFormat: 'original' }])).toEqual(['image_undecodable']);
      expect(await outcomes(bytes, [{ encodeFormat: 'jpg' }])).toEqual([encodedAnew]);
    }
  });

  test('is kept with other bytes at its end, or without the trailer of a GIF', async () => {
    const whole = imageFixture('animated.gif');
    for (const bytes of [whole.subarray(0, -1), Buffer.concat([whole, Buffer.from('junk')])])
      expect(await outcomes(bytes)).toEqual(['ok']);
  });
});
