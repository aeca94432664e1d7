import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isFailureCode } from '../../../src/core/failures.ts';
import { imageFixture } from '../../image/fixtures.ts';
import { random } from '../../image/photo.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { mutate } from '../../support/bytes/mutate.ts';
import { runCliMeasured } from '../../support/command/peak-memory.ts';
import { digestFiles, readMetadata } from '../../support/command/read-dataset.ts';

const SEED = 1;
const IMAGES = 600;
/** Rows of a shorter run; its memory is the reference for the others. */
const FIRST = 200;
const FILES = [
  ...['landscape.jpg', 'progressive.jpg', 'cmyk.jpg', 'exif-phone.jpg'],
  ...['rgb.png', 'interlaced.png', 'rgba16.png', 'palette-transparent.png'],
  ...['lossy.webp', 'lossless.webp', 'alpha.webp', 'animated.webp'],
  ...['still.gif', 'animated.gif', 'transparent.gif'],
  ...['still.avif', 'still.avif'],
];

describe.runIf(process.platform === 'linux')('600 damaged images', () => {
  test('each end once, the same way in every run, and memory does not grow', async () => {
    const next = random(SEED);
    const files = FILES.map(imageFixture);
    const bodies = Array.from({ length: IMAGES }, (_, row) =>
      mutate(files[row % files.length] ?? Buffer.of(), next).toString('base64'),
    );
    const web = await useWeb({
      hosts: {
        '*': { paths: { '*': ({ path }) => ({ body: { base64: bodies[Number(path.slice(1))] ?? '' } }) } },
      },
    });
    const index = await web.writeIndex(
      bodies.map((_, row) => [web.box.url(`h${row % 50}.example`, `/${row}`), `image ${row}`]),
    );
    const run = async (name: string, ...more: string[]) => {
      const output = join(web.folder, name);
      const flags = ['--number-sample-per-shard', '300', '--image-size', '128', ...web.reach, ...more];
      const { code, peakMb } = await runCliMeasured([index, '--output', output, '--decoders', '2', ...flags]);
      expect(code).toBe(0);
      const rows = (await readMetadata(output)).map(({ fetched_at: _moment, ...row }) => row);
      return { rows, tars: digestFiles(output, '.tar'), peakMb };
    };

    const first = await run('first', '--limit', String(FIRST));
    const [once, again] = [await run('once'), await run('again')];
    expect(once.rows.length).toBe(IMAGES);
    expect(new Set(once.rows.map((row) => row['url'])).size).toBe(IMAGES);
    for (const { status, failure_code: code } of once.rows) {
      expect(status === 'success' ? code === null : isFailureCode(String(code))).toBe(true);
    }
    const successes = once.rows.filter(({ status }) => status === 'success').length;
    expect(successes).toBeGreaterThan(IMAGES / 20);
    expect(successes).toBeLessThan(IMAGES / 2);
    expect(again.rows).toEqual(once.rows);
    expect(again.tars).toEqual(once.tars);
    expect(once.peakMb - first.peakMb).toBeLessThan(50);
  }, 120_000);
});
