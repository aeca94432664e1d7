import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imageFixture } from '../../image/fixtures.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { avifThatClaims, gifOfPages } from '../../support/bytes/image-bombs.ts';
import { runCliMeasured } from '../../support/command/peak-memory.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const BOMBS: Readonly<Record<string, readonly [code: string, bytes: Buffer]>> = {
  // 41 bytes that make libvips use 1.5 GB.
  '/side.png': ['image_too_many_pixels', imageFixture('bomb-header.png')],
  // 30,000 x 30,000.
  '/square.png': ['image_too_many_pixels', imageFixture('bomb-square.png')],
  // 81 megapixels, which make libheif use 1.5 GB.
  '/avif.avif': ['image_too_many_pixels', imageFixture('bomb-gray.avif')],
  // More pixels than the header announces.
  '/small.avif': ['image_undecodable', avifThatClaims(16, 16)],
  '/scans.jpg': ['image_too_many_scans', imageFixture('scan-bomb-512.jpg')],
  '/pages.gif': ['image_too_many_pages', gifOfPages(20_000)],
};
const ROUNDS = 8;

describe.runIf(process.platform === 'linux')('an index of images that claim enormous sizes', () => {
  test('ends in failures with a code, and the engine uses no more memory than for ordinary images', async () => {
    const bodies = new Map([
      ...Object.entries(BOMBS).map(([path, [, bytes]]) => [path, bytes] as const),
      ['/ordinary', imageFixture('landscape.jpg')] as const,
    ]);
    const web = await useWeb({
      hosts: {
        '*': {
          paths: {
            '*': ({ path }) => ({
              body: { base64: bodies.get(path.split('?')[0] ?? '')?.toString('base64') ?? '' },
            }),
          },
        },
      },
    });
    const paths = Array.from({ length: ROUNDS }, () => Object.keys(BOMBS)).flat();
    const run = async (name: string, pathOf: (row: number) => string | undefined) => {
      const rows = paths.map(
        (_, row) => [web.box.url('h.example', `${pathOf(row)}?${row}`), 'caption'] as const,
      );
      const index = await web.writeIndex(rows, `${name}.csv`);
      const output = join(web.folder, name);
      const flags = ['--output', output, '--decoders', '2', ...web.reach];
      const { code, peakMb } = await runCliMeasured([index, ...flags]);
      expect(code).toBe(0);
      return { codes: (await readMetadata(output)).map((row) => row['failure_code']), peakMb };
    };
    const ordinary = await run('ordinary', () => '/ordinary');
    const bombs = await run('bombs', (row) => paths[row]);
    expect(ordinary.codes).toEqual(paths.map(() => null));
    expect(bombs.codes).toEqual(paths.map((path) => BOMBS[path]?.[0]));
    expect(bombs.peakMb - ordinary.peakMb).toBeLessThan(50);
  });
});
