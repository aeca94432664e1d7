import { expect, test } from 'vitest';
import { TarIndexes } from '../../../src/output/loader-files/tar/tar-indexes.ts';

/** The indexes of a tar with these members, each with its length. */
function indexesOf(members: readonly (readonly [name: string, bytes: number])[]) {
  const indexes = new TarIndexes();
  let header = 0;
  for (const [name, bytes] of members) {
    indexes.add({ name, header, start: header + 512, bytes });
    header += 512 + 512 * Math.ceil(bytes / 512);
  }
  const [dali, energon] = ['daliIndex', 'energonIndex'].map((kind) =>
    indexes.contents().find((index) => index.kind === kind),
  );
  const offsets = new BigUint64Array(new Uint8Array(energon?.content ?? []).buffer);
  return { dali: dali?.content.toString() ?? '', energon: [...offsets].map(Number), end: header };
}

test('a sample is what has one key up to its first dot; names have no spaces in the index of DALI', () => {
  const { dali, energon } = indexesOf([
    ['a b.jpg', 513],
    ['a b.seg.png', 0],
    ['a b.txt', 512],
    ['c.jpg', 1],
  ]);
  expect(dali).toBe(
    'v1.2 2\njpg 512 513 a_b.jpg seg.png 2048 0 a_b.seg.png txt 2560 512 a_b.txt\njpg 3584 1 c.jpg\n',
  );
  expect(energon).toEqual([0, 3072, 4096]);
});

test('a tar without samples has empty indexes', () => {
  expect(indexesOf([])).toEqual({ dali: 'v1.2 0\n', energon: [0], end: 0 });
});

test('indexes of many samples name each, and positions beyond 4 GiB', () => {
  const members = Array.from({ length: 9000 }, (_, at) => [`${at}.jpg`, 512 * 1024] as const);
  const { dali, energon, end } = indexesOf(members);
  const lines = dali.trimEnd().split('\n');
  expect(lines[0]).toBe('v1.2 9000');
  expect(lines.slice(1).map((line) => line.split(' ')[3])).toEqual(members.map(([name]) => name));
  expect(energon.length).toBe(9001);
  expect([energon.at(-1), end > 2 ** 32]).toEqual([end, true]);
});
