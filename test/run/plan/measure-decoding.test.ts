import { describe, expect, it } from 'vitest';
import type { ImageJob, ImageResult } from '../../../src/image/job/job.ts';
import { timeDecoding } from '../../../src/run/plan/measure-decoding.ts';

const SMALL = new Uint8Array(100);
const LARGE = new Uint8Array(300);

const image = (bytes: Uint8Array): ImageResult => ({
  ok: true,
  mimeType: 'image/jpeg',
  image: {
    bytes,
    extension: 'jpg',
    width: null,
    height: null,
    originalWidth: null,
    originalHeight: null,
    exif: null,
    hash: null,
  },
});

/** Every decoding moves the clock on by 5 ms. */
function measure(lanes: number, decode: (job: ImageJob) => ImageResult) {
  let clock = 0;
  return timeDecoding([SMALL, LARGE], {
    lanes,
    now: () => clock,
    decode: async (job) => {
      clock += 5;
      return decode(job);
    },
  });
}

describe('timeDecoding()', () => {
  it.each([1, 2, 8])('returns how long an image occupies one of %d cores', async (lanes) => {
    const { coreMs } = await measure(lanes, () => image(new Uint8Array(50)));
    expect(coreMs).toBe(5 * lanes);
  });

  it('distinguishes kept bytes from encoded bytes', async () => {
    const cost = await measure(1, ({ bytes }) => image(bytes === LARGE ? bytes : new Uint8Array(50)));
    expect(cost).toMatchObject({ accepted: 1, keptBytes: 0.75, encodedBytes: 25 });
  });

  it('returns the share of images that the run would accept', async () => {
    const refused = { ok: false, code: 'image_too_small', mimeType: 'image/jpeg' } as const;
    const cost = await measure(1, ({ bytes }) => (bytes === SMALL ? refused : image(new Uint8Array(50))));
    expect(cost).toMatchObject({ accepted: 0.5, keptBytes: 0, encodedBytes: 25 });
  });
});
