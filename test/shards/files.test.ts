import { describe, expect, it } from 'vitest';
import { parseShardFileName, shardFileName } from '../../src/shards/files.ts';

describe('parseShardFileName()', () => {
  it.each(['tar', 'folder', 'parquet', 'checksums', 'daliIndex', 'energonIndex', 'stats'] as const)(
    'recognizes the %s that shardFileName() names',
    (kind) => {
      expect(parseShardFileName(shardFileName('00042', kind))).toEqual({ shard: '00042', id: 42, kind });
    },
  );

  it.each([
    'meta.json',
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
