import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadOptions, type Options } from '../../../src/config/resolve.ts';
import type { SampleKey, SampleRow, ShardId } from '../../../src/core/samples.ts';
import { KeyTexts } from '../../../src/run/index/key-texts.ts';
import { MergedCaptions } from '../../../src/run/index/merged-captions.ts';
import { type OnRepeat, Repeats } from '../../../src/run/index/repeats.ts';
import { SeenKeys } from '../../../src/run/index/seen-keys.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const { options: DEFAULTS } = await loadOptions(new Map(), {});
const OPTIONS: Options = { ...DEFAULTS, numberSamplePerShard: 10, dedupe: 'url', keyPrefix: 'p_' };

const place = (position: number) => ({ id: Math.floor(position / 10) as ShardId, index: position % 10 });
const row = (url: string, more: Partial<SampleRow> = {}): SampleRow => ({
  url,
  caption: null,
  values: [],
  ...more,
});

test('finds the first row of each URL, however many URLs there are', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3000 }), { maxLength: 5000 }), (pages) => {
      const repeats = new Repeats(OPTIONS);
      const first = new Map<number, number>();
      for (const [position, page] of pages.entries()) {
        const earlier = first.get(page);
        const found = repeats.take(row(`http://a.example/${page}`), place(position));
        const number = earlier === undefined ? undefined : `p_${String(earlier).padStart(6, '0')}`;
        expect(found?.duplicateOf).toBe(number);
        if (earlier === undefined) first.set(page, position);
      }
    }),
    { numRuns: 20 },
  );
});

test.each([
  ['http://A.example/x', 'http://a.example:80/x', true],
  ['http://a.example/x#top', 'http://a.example/x', true],
  ['http://a.example/ä', 'http://a.example/%C3%A4', true],
  ['http://a.example/x', 'https://a.example/x', false],
  ['http://a.example/x', 'http://a.example/X', false],
  ['http://a.example/?a=1&b=2', 'http://a.example/?b=2&a=1', false],
  ['no url', 'no url', false],
])('%s and %s are one URL: %s', (one, other, same) => {
  const repeats = new Repeats(OPTIONS);
  repeats.take(row(one), place(0));
  expect(repeats.take(row(other), place(1))?.duplicateOf !== undefined).toBe(same);
});

test('a row that is not fetched is not the first of its URL', () => {
  const repeats = new Repeats(OPTIONS);
  repeats.take(row('http://a.example/x', { tooLong: 'caption_too_long' }), place(0));
  repeats.take(row('http://a.example/x', { unreadable: 'no digest' }), place(1));
  expect(repeats.take(row('http://a.example/x'), place(2))?.duplicateOf).toBeUndefined();
});

test('with --key-col, duplicates name the key of the first row, and keep a key that is theirs alone', () => {
  const repeats = new Repeats({ ...OPTIONS, keyCol: 'id' });
  const take = (url: string, key: string) => {
    const {
      key: own,
      duplicateOf,
      keyFailure,
    } = repeats.take(row(url, { key: key as SampleKey }), place(0)) ?? {};
    return [own, duplicateOf, keyFailure?.code];
  };
  expect(take('http://a.example/1', 'one')).toEqual(['one', undefined, undefined]);
  expect(take('http://a.example/1', 'one')).toEqual([undefined, 'one', undefined]);
  expect(take('http://a.example/1', 'two')).toEqual(['two', 'one', undefined]);
  expect(take('http://a.example/2', 'two')).toEqual([undefined, undefined, 'key_repeated']);
  expect(take('http://a.example/2', 'three')).toEqual(['three', undefined, undefined]);
});

test('the first row of a URL gets the different captions of all rows with it, in their order', async () => {
  const captions = new MergedCaptions(join(await useTempFolder(), 'captions'));
  const index = [
    row('http://a.example/1', { caption: null }),
    row('http://a.example/2', { caption: 'two' }),
    row('http://a.example/1#x', { caption: 'b' }),
    row('http://a.example/1', { caption: 'a' }),
    row('http://a.example/1', { caption: 'b' }),
    row('no url', { caption: 'c' }),
  ];
  const options: Options = { ...OPTIONS, duplicates: 'merge' };
  const onRepeat: OnRepeat = (digest, { caption }) => void captions.add(digest, caption ?? '');
  const read = new Repeats(options, { onRepeat });
  for (const [position, each] of index.entries()) read.take(each, place(position));
  const repeats = new Repeats(options, { captions });
  const taken = index.map((each, position) => repeats.take(each, place(position)));
  expect(taken.map((each) => [each?.caption, each?.captions])).toEqual([
    ['b', ['b', 'a']],
    ['two', ['two']],
    ['b', undefined],
    ['a', undefined],
    ['b', undefined],
    ['c', undefined],
  ]);
  captions.close();
});

test('keys are remembered for as many rows as a shard can have', () => {
  const keys = new SeenKeys(false, 100);
  const added = Array.from({ length: 250 }, (_, i) => keys.add(`k${i}`));
  expect(added).not.toContain(false);
  const again = Array.from({ length: 100 }, (_, i) => keys.add(`k${150 + i}`));
  expect(again).not.toContain(true);
  expect(keys.add('K249')).toBe(true);
  expect(new SeenKeys(true).add('a') && new SeenKeys(true).add('A')).toBe(true);
});

test('file names differ in more than their case', () => {
  const keys = new SeenKeys(true);
  expect(keys.add('Cat')).toBe(true);
  expect(keys.add('cAT')).toBe(false);
});

test('texts are found again at their places', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{0,95}$/), { maxLength: 50 }), (texts) => {
      const kept = new KeyTexts();
      const places = texts.map((text) => kept.add(text));
      expect(places.map((each) => kept.at(each))).toEqual(texts);
    }),
  );
  const kept = new KeyTexts();
  const places = Array.from({ length: 30_000 }, (_, i) => kept.add(`${i}`.padEnd(95, 'x')));
  expect(places.map((each) => kept.at(each).replace(/x+$/, ''))).toEqual(places.map((_, i) => `${i}`));
});
