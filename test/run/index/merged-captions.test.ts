import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MergedCaptions } from '../../../src/run/index/merged-captions.ts';
import { digestOf } from '../../../src/util/hash-table.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

test('returns the captions of each URL in their order, whatever stands between them', async () => {
  const path = join(await useTempFolder(), 'captions');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 20 }), fc.string({ unit: 'grapheme', maxLength: 2000 })), {
        maxLength: 200,
      }),
      (added) => {
        const captions = new MergedCaptions(path);
        const expected = new Map<number, string[]>();
        for (const [url, caption] of added) {
          expect(captions.add(digestOf(`${url}`), caption)).toBe(true);
          expected.set(url, [...(expected.get(url) ?? []), caption]);
          if (url === 7) expect(captions.of(digestOf('7'))).toEqual(expected.get(7));
        }
        for (let url = 0; url <= 20; url += 1)
          expect(captions.of(digestOf(`${url}`))).toEqual(expected.get(url) ?? []);
        captions.close();
      },
    ),
    { numRuns: 30 },
  );
});

test('keeps 256 KiB for one URL, however many rows repeat it', async () => {
  const captions = new MergedCaptions(join(await useTempFolder(), 'captions'));
  const kept = Array.from({ length: 100_000 }, (_, i) =>
    captions.add(digestOf('one'), `${i}`.padStart(10, 'x')),
  );
  expect(kept.filter(Boolean).length).toBe(26_214);
  expect(captions.add(digestOf('two'), 'y')).toBe(true);
  expect(captions.of(digestOf('one')).length).toBe(26_214);
  captions.close();
});
