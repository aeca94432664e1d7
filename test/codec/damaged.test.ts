import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { hasSoundChunks } from '../../src/image/header/png-chunks.ts';
import { hasWholeBlocks, hasWholeBoxes } from '../../src/image/header/whole-files.ts';
import { DEFAULT_LIMITS, type ImageSettings } from '../../src/image/job/settings.ts';
import { processImage } from '../../src/image/render/process-image.ts';
import { imageFixture, PLAIN } from '../image/fixtures.ts';
import { photo, random } from '../image/photo.ts';
import { mutate } from '../support/bytes/mutate.ts';

/** Whether a file is built as its format wants it, by the ending of its name. */
const IS_SOUND: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  png: hasSoundChunks,
  gif: hasWholeBlocks,
  avif: hasWholeBoxes,
};

/** Small files, because each of the hundreds of damaged copies is decoded several times. */
const FILES = [
  ...['orientation-1.jpg', 'progressive.jpg', 'cmyk.jpg', 'gray.jpg'],
  ...['rgb.png', 'interlaced.png', 'rgb16.png', 'palette-transparent.png'],
  ...['lossless.webp', 'alpha.webp', 'animated.webp'],
  ...['still.gif', 'animated.gif'],
  ...['still.avif'],
];
const COPIES = 40;

async function outcome(bytes: Uint8Array, settings: Partial<ImageSettings>): Promise<string> {
  const result = await processImage({ bytes }, { ...PLAIN, ...settings }, DEFAULT_LIMITS);
  return result.ok ? 'ok' : result.code;
}

describe('processImage on damaged images', () => {
  test.each(FILES)(
    'keeps a damaged %s as original exactly when it can re-encode it and the file is sound',
    async (name) => {
      const next = random(3);
      const outcomes = new Set<string>();
      for (let copy = 0; copy < COPIES; copy++) {
        const bytes = mutate(imageFixture(name), next);
        const kept = await outcome(bytes, { encodeFormat: 'original' });
        const encoded = await outcome(bytes, { encodeFormat: 'png', encodeQuality: 0 });
        const isSound = IS_SOUND[name.split('.')[1] ?? '']?.(bytes) ?? true;
        expect(kept, `copy ${copy}`).toBe(encoded === 'ok' && !isSound ? 'image_undecodable' : encoded);
        outcomes.add(kept);
      }
      expect(outcomes.size).toBeGreaterThan(1);
    },
  );

  test('detects missing last bytes in a JPEG of any height, kept or scaled', async () => {
    const broad = (await photo(60, 180, 1)).toColourspace('b-w').raw();
    const { data, info } = await broad.toBuffer({ resolveWithObject: true });
    for (let height = 100; height < 180; height++) {
      const raw = { width: info.width, height, channels: info.channels };
      const bytes = await sharp(data.subarray(0, 60 * height * info.channels), { raw })
        .jpeg()
        .toBuffer();
      const cut = bytes.subarray(0, bytes.length - 1 - (height % 20));
      for (const settings of [
        { encodeFormat: 'original' },
        { encodeFormat: 'webp' },
        { resizeMode: 'keep_ratio_largest', imageSize: 33 },
      ] as const) {
        expect(await outcome(bytes, settings)).toBe('ok');
        expect(await outcome(cut, settings), `height ${height}`).toBe('image_undecodable');
      }
    }
  });
});
