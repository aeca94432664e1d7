import sharp from 'sharp';
import { expect, test } from 'vitest';
import { Codec } from '../../../src/codec/codec.ts';
import { readJpegHeader, readSegment } from '../../../src/codec/jpeg-header.ts';
import { photo } from '../../image/photo.ts';

const START = Buffer.of(0xff, 0xd8);
/** Adobe's segment with the transform YCbCr, and a restart interval that the images do not reach. */
const ADOBE = Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 1]);
const RESTARTS = Buffer.of(0xff, 0xdd, 0, 4, 0, 200);
/** DQT, SOF, DHT, SOS, DRI and APP14; not APP0 and other metadata. */
const isDecisive = (marker: number): boolean => (marker & 0xf0) !== 0xe0 || marker === 0xee;

/** Images whose headers are mutated byte by byte. */
const LOOKS = {
  'half chroma': {},
  'full chroma': { chromaSubsampling: '4:4:4' },
  progressive: { progressive: true },
  'optimised codes': { optimiseCoding: true, quality: 30 },
} as const;

async function draw(options: object, gray: boolean): Promise<Buffer> {
  const drawn = await photo(33, 17, 1);
  const bytes = await (gray ? drawn.toColourspace('b-w') : drawn).jpeg(options).toBuffer();
  const extra = gray ? [RESTARTS] : [ADOBE, RESTARTS];
  return Buffer.concat([START, ...extra, bytes.subarray(2)]);
}

/** Offsets of the bytes of all decisive segments, markers and lengths included. */
function decisiveBytes(bytes: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = 2; bytes[at + 1] !== 0xd9; ) {
    const segment = readSegment(bytes, at);
    if (segment === null) throw new Error(`no segment at ${at}`);
    const { marker, end } = segment;
    if (isDecisive(marker)) for (let place = at + 1; place < end; place++) offsets.push(place);
    at = end;
    if (marker !== 0xda) continue;
    while (bytes[at] !== 0xff || bytes[at + 1] === 0) at += 1;
  }
  return offsets;
}

/** Whether libjpeg decodes every pixel without a warning. */
const isSound = (bytes: Buffer): Promise<string> =>
  sharp(bytes, { failOn: 'warning', limitInputPixels: 1e8 })
    .raw()
    .toBuffer()
    .then(
      () => 'sound',
      (error: Error) => error.message,
    );

test.each([
  ...Object.entries(LOOKS).map(([name, options]) => [name, options, false] as const),
  ['gray', {}, true] as const,
])(
  '%s: what the codec calls intact is sound for libjpeg, whatever byte of a header changes',
  async (_, options, gray) => {
    const whole = await draw(options, gray);
    const codec = new Codec(95);
    let intact = 0;
    const wrong: string[] = [];
    for (const at of decisiveBytes(whole)) {
      const before = whole[at] ?? 0;
      const values = [0, 1, 2, 16, 0x11, 0x1b, 63, 255, before + 1, before - 1, before ^ 0x10];
      for (const value of new Set(values.map((value) => value & 255))) {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        const header = readJpegHeader(bytes);
        if (header === null || !codec.isIntact(bytes, header)) continue;
        intact += 1;
        const verdict = await isSound(bytes);
        if (verdict !== 'sound') wrong.push(`byte ${at} ${before} to ${value}: ${verdict}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(intact).toBeGreaterThan(100);
  },
);
