import { describe, expect, it } from 'vitest';
import { parseShardFileName, shardFileName } from '../../src/shards/files.ts';

describe('parseShardFileName()', () => {
  it.each(['tar', 'folder', 'parquet', 'checksums', 'daliIndex', 'energonIndex', 'stats'] as const)(
    'recognizes the %s that shardFileName() names',
    (kind) => {
      expect(parseShardFileName(shardFileName('00042', kind))).toEqual({
        ...{ shard: '00042', id: 42 },
        ...{ kind, part: 0 },
      });
    },
  );

  it.each(['tar', 'tfrecord', 'mds', 'daliIndex', 'energonIndex'] as const)(
    'recognizes the further files of the kind %s, which sort after the first',
    (kind) => {
      const names = [0, 1, 12, 999, 1000].map((part) => shardFileName('00042', kind, part));
      expect(names.slice(0, 4).toSorted()).toEqual(names.slice(0, 4));
      expect(names.map((name) => parseShardFileName(name)?.part)).toEqual([0, 1, 12, 999, 1000]);
    },
  );

  it.each([
    'meta.json',
    '00042_000.tar',
    '00042_01.tar',
    '00042_0001.tar',
    '00042_001.parquet',
    '00042_001',
    '00042.json',
    '00042.tar.sha256',
    '00042_stats.json.tmp',
    'a00042.tar',
    '00042.parquet.idx',
    '-1.tar',
    '',
    '.tar',
  ])('does not recognize %j as a file of a shard', (name) => {
    expect(parseShardFileName(name)).toBeNull();
  });
});
