import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/core/errors.ts';
import type { ShardId } from '../../../src/core/samples.ts';
import { readStats } from '../../../src/output/metadata/stats.ts';
import { type SettledSample, Spool } from '../../../src/output/spool/spool.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { writeShard } from '../../../src/output/write/shard-writer.ts';
import { readParquet } from '../read-parquet.ts';
import { failure, JPEG, row, SHAPE, success, temporaryFolder, writeSamples } from '../samples.ts';

const SAMPLES: readonly SettledSample[] = [
  { row: row({ url: 'https://a.org/0.jpg', caption: 'été' }), result: success() },
  {
    row: row({ url: null }),
    result: failure('url_missing', { httpStatus: null, attempts: 0, fetchedAt: null }),
  },
  { row: row({ url: 'https://a.org/2.jpg', caption: null }), result: success({ hash: 'cd34' }) },
  { row: row({ url: 'https://a.org/3.jpg', values: [null] }), result: failure('image_undecodable') },
];

const tar = (...args: string[]) =>
  execFileSync('tar', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

describe('writeShard() as webdataset', () => {
  it('writes the four files of the shard and nothing else', async () => {
    const { folder, scratch } = await temporaryFolder();
    const stats = await writeSamples({ folder, scratch, samples: SAMPLES, id: 12 });
    expect((await readdir(folder)).sort()).toEqual([
      '.laion-fetch',
      '00012.parquet',
      '00012.sha256',
      '00012.tar',
      '00012_stats.json',
    ]);
    expect(await readdir(scratch)).toEqual([]);
    expect(await readStats(openStore(folder), '00012_stats.json')).toEqual(stats);
    expect(stats).toMatchObject({ count: 4, successes: 2, failed_to_download: 1, failed_to_resize: 1 });
  });

  it.each([
    ['webdataset', ['00012.tar', '00012.parquet']],
    ['files', ['00012.parquet']],
    ['parquet', ['00012.parquet']],
    ['tfrecord', ['00012.tfrecord', '00012.parquet']],
    ['mds', ['00012.mds', '00012.parquet']],
    ['none', []],
  ] as const)('tells in the statistics what its files hold (%s)', async (format, names) => {
    const { folder, scratch } = await temporaryFolder();
    const { files } = await writeSamples({
      folder,
      scratch,
      samples: SAMPLES,
      id: 12,
      shape: { ...SHAPE, format },
    });
    const digests = names.map((name) => {
      const bytes = readFileSync(join(folder, name));
      return [name, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }];
    });
    expect(files).toEqual(Object.fromEntries(digests));
  });

  it.each([
    ['webdataset', ['00012.tar', '00012.parquet', '00012_stats.json']],
    [
      'files',
      [
        ...['jpg', 'json', 'txt'].map((extension) => `00012/0001200.${extension}`),
        ...['jpg', 'json', 'txt'].map((extension) => `00012/0001202.${extension}`),
        '00012.parquet',
        '00012_stats.json',
      ],
    ],
    ['parquet', ['00012.parquet', '00012_stats.json']],
    ['tfrecord', ['00012.tfrecord', '00012.parquet', '00012_stats.json']],
    ['mds', ['00012.mds', '00012.parquet', '00012_stats.json']],
    ['none', ['00012_stats.json']],
  ] as const)('leaves what sha256sum checks every file of the shard against (%s)', async (format, names) => {
    const { folder, scratch } = await temporaryFolder();
    await writeSamples({ folder, scratch, samples: SAMPLES, id: 12, shape: { ...SHAPE, format } });
    const checked = execFileSync('sha256sum', ['--check', '--strict', '00012.sha256'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(checked.trim().split('\n')).toEqual(names.map((name) => `${name}: OK`));
  });

  it('packs the successes in the order of the index, readable by GNU tar', async () => {
    const { folder, scratch } = await temporaryFolder();
    await writeSamples({ folder, scratch, samples: SAMPLES, id: 12, order: [3, 2, 1, 0] });
    const archive = join(folder, '00012.tar');
    expect(tar('tf', archive).trim().split('\n')).toEqual([
      '0001200.jpg',
      '0001200.json',
      '0001200.txt',
      '0001202.jpg',
      '0001202.json',
      '0001202.txt',
    ]);
    const [first = ''] = tar('--utc', '-tvf', archive).split('\n');
    expect(first.replace(/ +/g, ' ')).toBe(
      `-r--r--r-- bigdata/bigdata ${JPEG.length} 1970-01-01 00:00 0001200.jpg`,
    );
    expect(tar('xOf', archive, '0001200.txt')).toBe('été');
    expect(tar('xOf', archive, '0001202.txt')).toBe('');
    expect(JSON.parse(tar('xOf', archive, '0001202.json'))).toMatchObject({
      key: '0001202',
      url: 'https://a.org/2.jpg',
      caption: null,
      sha256: 'cd34',
    });
    expect((await stat(archive)).size % 10_240).toBe(0);
  });

  it('orders the members of a sample by their extensions', async () => {
    const { folder, scratch } = await temporaryFolder();
    const samples = ['png', 'webp'].map((extension) => ({ row: row(), result: success({ extension }) }));
    await writeSamples({ folder, scratch, samples });
    expect(tar('tf', join(folder, '00000.tar')).trim().split('\n')).toEqual([
      '0000000.json',
      '0000000.png',
      '0000000.txt',
      '0000001.json',
      '0000001.txt',
      '0000001.webp',
    ]);
  });

  it('writes the same bytes whatever the order, times and attempts of the fetches', async () => {
    const { folder, scratch } = await temporaryFolder();
    const archive = async (samples: readonly SettledSample[], order: readonly number[]) => {
      await writeSamples({ folder, scratch, samples, order });
      return readFile(join(folder, '00000.tar'));
    };
    const reference = await archive(SAMPLES, [0, 1, 2, 3]);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.record({ fetchedAt: fc.nat(), attempts: fc.nat(3), finalUrl: fc.webUrl() }),
        async (order, facts) => {
          const samples = SAMPLES.map(({ row, result }) => ({
            row,
            result: { ...result, fetch: { ...result.fetch, ...facts } },
          }));
          expect(reference.equals(await archive(samples, order))).toBe(true);
        },
      ),
      { numRuns: 6 },
    );
  }, 30_000);

  it('writes an empty tar if every row failed', async () => {
    const { folder, scratch } = await temporaryFolder();
    await writeSamples({ folder, scratch, samples: [{ row: row(), result: failure('timeout') }] });
    expect(tar('tf', join(folder, '00000.tar'))).toBe('');
    expect((await readParquet(join(folder, '00000.parquet'))).rows).toHaveLength(1);
  });
});

describe("writeShard()'s metadata", () => {
  it('has every row, including failed ones, in the order of the index', async () => {
    const { folder, scratch } = await temporaryFolder();
    await writeSamples({ folder, scratch, samples: SAMPLES, id: 12 });
    const query =
      'SELECT key, url, status, error_message, width, sha256, failure_code, attempts, bytes FROM FILE';
    const { rows } = await readParquet(join(folder, '00012.parquet'), query);
    expect(rows).toEqual([
      ['0001200', 'https://a.org/0.jpg', 'success', null, 256, 'ab12', null, 1, 1000n],
      ['0001201', null, 'failed_to_download', 'the row has no URL', null, null, 'url_missing', 0, null],
      ['0001202', 'https://a.org/2.jpg', 'success', null, 256, 'cd34', null, 1, 1000n],
      [
        '0001203',
        'https://a.org/3.jpg',
        'failed_to_resize',
        'Image decoding error',
        null,
        null,
        'image_undecodable',
        1,
        null,
      ],
    ]);
  });

  it("has img2dataset's columns and types in its order, then its own", async () => {
    const { folder, scratch } = await temporaryFolder();
    await writeSamples({ folder, scratch, samples: SAMPLES });
    const { names, types } = await readParquet(join(folder, '00000.parquet'));
    expect(names.map((name, index) => `${name} ${types[index]}`)).toEqual([
      'similarity DOUBLE',
      'caption VARCHAR',
      'url VARCHAR',
      'key VARCHAR',
      'status VARCHAR',
      'error_message VARCHAR',
      'width INTEGER',
      'height INTEGER',
      'original_width INTEGER',
      'original_height INTEGER',
      'exif VARCHAR',
      'sha256 VARCHAR',
      'failure_code VARCHAR',
      'http_status INTEGER',
      'final_url VARCHAR',
      'attempts INTEGER',
      'bytes BIGINT',
      'mime_type VARCHAR',
      'fetched_at TIMESTAMP WITH TIME ZONE',
    ]);
  });

  it('has the verified digest before the URL', async () => {
    const { folder, scratch } = await temporaryFolder();
    const shape = { ...SHAPE, verifyHash: true, exif: false };
    await writeSamples({ folder, scratch, samples: SAMPLES, shape });
    const { names } = await readParquet(join(folder, '00000.parquet'));
    expect(names.slice(0, 5)).toEqual(['similarity', 'caption', 'sha256', 'url', 'key']);
    expect(names).not.toContain('exif');
  });
});

describe('writeShard() in other formats', () => {
  it('writes samples as files in a folder, which replaces a stale one', async () => {
    const { folder, scratch } = await temporaryFolder();
    await mkdir(join(folder, '00000'));
    await writeFile(join(folder, '00000', '0000099.jpg'), 'stale');
    await writeSamples({ folder, scratch, samples: SAMPLES, shape: { ...SHAPE, format: 'files' } });
    expect((await readdir(join(folder, '00000'))).sort()).toEqual([
      '0000000.jpg',
      '0000000.json',
      '0000000.txt',
      '0000002.jpg',
      '0000002.json',
      '0000002.txt',
    ]);
    expect(await readFile(join(folder, '00000', '0000000.jpg'))).toEqual(JPEG);
    expect(existsSync(join(folder, '00000.parquet'))).toBe(true);
    expect(await readdir(scratch)).toEqual([]);
  });

  it('writes neither samples nor metadata in the format none', async () => {
    const { folder, scratch } = await temporaryFolder();
    await writeSamples({ folder, scratch, samples: SAMPLES, shape: { ...SHAPE, format: 'none' } });
    expect((await readdir(folder)).sort()).toEqual(['.laion-fetch', '00000.sha256', '00000_stats.json']);
    expect(await readStats(openStore(folder), '00000_stats.json')).toMatchObject({ count: 4, successes: 2 });
  });

  it('writes no .txt if the dataset has no captions', async () => {
    const { folder, scratch } = await temporaryFolder();
    const shape = { ...SHAPE, caption: false, format: 'files' } as const;
    await writeSamples({ folder, scratch, samples: SAMPLES.slice(0, 1), shape });
    expect((await readdir(join(folder, '00000'))).sort()).toEqual(['0000000.jpg', '0000000.json']);
  });
});

describe('writeShard() that fails', () => {
  const FORMATS = ['webdataset', 'files', 'parquet', 'tfrecord', 'mds', 'none'] as const;

  it.each(FORMATS)('removes what it began and names the path (%s)', async (format) => {
    const { folder, scratch } = await temporaryFolder();
    // A folder in the place of the statistics: the commit must fail.
    await mkdir(join(folder, '00000_stats.json', 'inside'), { recursive: true });
    const written = writeShardFrom({ folder, scratch, format });
    await expect(written).rejects.toMatchObject({ exitCode: EXIT.output });
    await expect(written).rejects.toThrow(`Cannot write '${folder}': `);
    expect(await readdir(scratch)).toEqual(['spool']);
  });

  it.each(FORMATS)('leaves nothing where a row is not settled, which is a bug (%s)', async (format) => {
    const { folder, scratch } = await temporaryFolder();
    await expect(writeShardFrom({ folder, scratch, format, rows: 5 })).rejects.toThrow(
      'Row 4 of shard 0 is not settled',
    );
    expect(await readdir(folder)).toEqual(['.laion-fetch']);
    expect(await readdir(scratch)).toEqual(['spool']);
  });

  it('names the temporary file that cannot be created', async () => {
    const { folder, scratch } = await temporaryFolder();
    const spool = await Spool.open(join(scratch, 'spool'), 0);
    await rm(scratch, { recursive: true });
    await writeFile(scratch, 'a file in its place');
    const store = openStore(folder);
    const shard = { id: 0 as ShardId, rows: 0, spool, shape: SHAPE, store, version: '1.2.3' };
    await expect(writeShard({ ...shard, times: { startedAt: 0, endedAt: 0 } })).rejects.toThrow(
      /^Cannot write '.*\.laion-fetch\/scratch\/00000\.sha256': not a directory \(ENOTDIR\)/,
    );
    await spool.close();
  });

  interface FailingShard {
    readonly folder: string;
    readonly scratch: string;
    readonly format: (typeof FORMATS)[number];
    readonly rows?: number;
  }

  async function writeShardFrom({ folder, scratch, format, rows = 4 }: FailingShard): Promise<unknown> {
    const spool = await Spool.open(join(scratch, 'spool'), 4);
    for (const [index, sample] of SAMPLES.entries()) await spool.append(index, sample);
    const times = { startedAt: 0, endedAt: 0 };
    const store = openStore(folder);
    const shard = { id: 0 as ShardId, rows, spool, shape: { ...SHAPE, format }, store, times };
    return writeShard({ ...shard, version: '1.2.3' }).finally(() => spool.close());
  }
});
