import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShardId } from '../../src/core/samples.ts';
import { sampleKey, shardName } from '../../src/shards/names.ts';

const id = (number: number) => number as ShardId;

describe('shardName()', () => {
  it.each([
    [0, 5, '00000'],
    [42, 5, '00042'],
    [123_456, 5, '123456'],
    [7, 1, '7'],
  ])('pads %i to %i digits and never cuts', (number, shardDigits, name) => {
    expect(shardName(id(number), { shardDigits })).toBe(name);
  });
});

describe('sampleKey()', () => {
  it.each([
    [1, 12, 0, '00012'],
    [2, 12, 1, '000121'],
    [10, 12, 7, '000127'],
    [11, 12, 7, '0001207'],
    [1_000, 12, 7, '00012007'],
    [10_000, 12, 7, '000120007'],
    [10_001, 12, 7, '0001200007'],
    [10_000, 123_456, 9_999, '1234569999'],
  ])(
    'with %i samples per shard, names shard %i, index %i as img2dataset does',
    (samplesPerShard, shard, index, key) => {
      expect(sampleKey(id(shard), index, { samplesPerShard, shardDigits: 5 })).toBe(key);
    },
  );

  it('is exact beyond 2^53', () => {
    const numbering = { samplesPerShard: 10_000_000, shardDigits: 5 };
    expect(sampleKey(id(9_999_999_999), 1, numbering)).toBe('99999999990000001');
  });

  it('gives every row its own name, and names sort like the rows', () => {
    const position = (samplesPerShard: number) => (row: number) => ({
      shard: Math.floor(row / samplesPerShard),
      index: row % samplesPerShard,
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 0, max: 99_999 }),
        fc.integer({ min: 0, max: 99_999 }),
        (samplesPerShard, left, right) => {
          const numbering = { samplesPerShard, shardDigits: 5 };
          const [a, b] = [left, right].map(position(samplesPerShard)).map((at) => ({
            ...at,
            key: sampleKey(id(at.shard), at.index, numbering),
          }));
          if (a === undefined || b === undefined) throw new Error('two rows have two positions');
          expect(Math.sign(a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).toBe(Math.sign(left - right));
          expect(a.key.startsWith(shardName(id(a.shard), numbering))).toBe(true);
        },
      ),
    );
  });
});
