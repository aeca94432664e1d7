import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Column, Value } from '../../../src/core/columns.ts';
import type { ShardId } from '../../../src/core/samples.ts';
import type { DatasetShape } from '../../../src/output/metadata/dataset-shape.ts';
import { readStats, type ShardStats } from '../../../src/output/metadata/stats.ts';
import { type SettledSample, Spool } from '../../../src/output/spool/spool.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { verifyDataset } from '../../../src/output/verify/verify.ts';
import { backfillShard } from '../../../src/output/write/backfill-shard.ts';
import { failure, JPEG, row, SHAPE, success, temporaryFolder, writeSamples } from '../samples.ts';

const COLUMNS: readonly Column[] = [
  { name: 'URL', type: { kind: 'string' } },
  { name: 'seen', type: { kind: 'timestamp', unit: 'ns', utc: true } },
  { name: 'at', type: { kind: 'timestamp', unit: 'ms', utc: false } },
  { name: 'price', type: { kind: 'decimal', precision: 30, scale: 4 } },
  { name: 'id', type: { kind: 'int', bits: 64, signed: false } },
  { name: 'tags', type: { kind: 'list', element: { kind: 'string' } } },
  { name: 'raw', type: { kind: 'bytes' } },
];
const VALUES: readonly (readonly Value[])[] = [
  [
    '\ufeffx',
    1_700_000_000_123_456_789n,
    -1n,
    '-0.0500',
    2n ** 64n - 1n,
    ['a', null],
    new Uint8Array([0, 255]),
  ],
  [null, null, null, null, null, null, null],
  ['', 1n, 1n, '12345678901234567890123456.7890', 0n, [], new Uint8Array()],
];
const SHAPES: readonly DatasetShape[] = [
  { ...SHAPE, columns: COLUMNS },
  { ...SHAPE, columns: COLUMNS, caption: false, exif: false, hash: null },
  { ...SHAPE, columns: COLUMNS, format: 'files', hash: 'md5', pointsToDuplicates: true },
  { ...SHAPE, columns: COLUMNS, format: 'parquet' },
  { ...SHAPE, columns: COLUMNS, format: 'parquet', encodeFormat: 'original', caption: false },
  { ...SHAPE, columns: COLUMNS, format: 'tfrecord' },
  { ...SHAPE, columns: COLUMNS, maxShardBytes: 92_160, loaderFiles: true },
  { ...SHAPE, columns: COLUMNS, format: 'tfrecord', maxShardBytes: 30_000 },
  { ...SHAPE, columns: COLUMNS, format: 'mds', maxShardBytes: 30_000 },
  { ...SHAPE, columns: COLUMNS, format: 'mds', encodeFormat: 'original', caption: false },
  { ...SHAPE, columns: COLUMNS, format: 'tfrecord', encodeFormat: 'original', caption: false },
];

/** Row `index` of a shard, with its own image if it succeeds. */
function sample(index: number, outcome: 'down' | 'gone' | 'fine'): SettledSample {
  const each = row({
    url: `https://a.org/${index}.jpg`,
    caption: index % 3 === 0 ? null : `\ufeffcaption ${index}`,
    values: VALUES[index % VALUES.length] ?? [],
  });
  if (outcome === 'gone') return { row: each, result: failure('http_404', { httpStatus: 404 }) };
  if (outcome === 'down') return { row: each, result: failure('dns_failed', { httpStatus: null }) };
  const bytes = Buffer.concat([JPEG, Buffer.alloc((index % 40) * 100, index)]);
  return { row: each, result: success({ bytes }, { bytes: bytes.length }) };
}

const outcomes = (count: number, isDown: (index: number) => boolean) =>
  Array.from({ length: count }, (_, index) =>
    sample(index, index % 11 === 5 ? 'gone' : isDown(index) ? 'down' : 'fine'),
  );

interface Backfill {
  readonly folder: string;
  readonly shape: DatasetShape;
  readonly news: ReadonlyMap<number, SettledSample>;
}

async function backfill({ folder, shape, news }: Backfill): Promise<ShardStats | null> {
  const spool = await Spool.open(join(folder, '.laion-fetch', '3.spool'), 1000);
  try {
    await Promise.all([...news].map(([index, each]) => spool.append(index, each)));
    return await backfillShard({
      id: 3 as ShardId,
      spool,
      shape,
      store: openStore(folder),
      endedAt: 1_700_000_012_500,
      version: '1.2.3',
    });
  } finally {
    await spool.remove();
  }
}

/** Every file of a dataset with its bytes. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = paths
    .sort()
    .map(async (path) => [path.slice(folder.length), await readFile(path, 'base64')] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

async function writeShard(samples: readonly SettledSample[], shape: DatasetShape): Promise<string> {
  const { folder, scratch } = await temporaryFolder();
  await writeSamples({ folder, scratch, samples, shape, id: 3 });
  return folder;
}

const isDown = (index: number): boolean => index % 7 === 3 || (index > 250 && index < 260);
const ROWS = 600;

describe('backfillShard()', () => {
  test.each(SHAPES)('makes the files of a shard in which nothing failed, to the byte (%#)', async (shape) => {
    const whole = await writeShard(
      outcomes(ROWS, () => false),
      shape,
    );
    const before = outcomes(ROWS, isDown);
    const folder = await writeShard(before, shape);
    const down = [...before.keys()].filter(
      (index) => !(before[index]?.result.ok ?? true) && isDown(index) && index % 11 !== 5,
    );
    expect(down.length).toBeGreaterThan(50);

    const news = new Map(down.map((index) => [index, sample(index, 'fine')]));
    const stats = await backfill({ folder, shape, news });
    expect(stats?.successes).toBe(
      ROWS - before.filter(({ result }) => !result.ok && result.code === 'http_404').length,
    );
    expect(await snapshot(folder)).toEqual(await snapshot(whole));
    expect((await verifyDataset(openStore(folder))).findings).toEqual([]);
  });

  test('keeps the start time of the shard and updates its end', async () => {
    const shape = SHAPES[0] ?? SHAPE;
    const folder = await writeShard(outcomes(20, isDown), shape);
    await backfill({ folder, shape, news: new Map([[3, sample(3, 'fine')]]) });
    const { start_time, end_time, failure_codes } = await readStats(openStore(folder), '00003_stats.json');
    expect({ start_time, end_time }).toEqual({ start_time: 1_700_000_000, end_time: 1_700_000_012.5 });
    expect(failure_codes).toEqual({ dns_failed: 2, http_404: 2 });
  });

  test('leaves a shard unchanged if its rows failed as before', async () => {
    const shape = SHAPES[0] ?? SHAPE;
    const folder = await writeShard(outcomes(20, isDown), shape);
    const before = await snapshot(folder);
    expect(await backfill({ folder, shape, news: new Map([[3, sample(3, 'down')]]) })).toBeNull();
    expect(await snapshot(folder)).toEqual(before);
  });

  test.each(['webdataset', 'files', 'tfrecord'] as const)(
    'records new failures without touching the samples (%s)',
    async (format) => {
      const shape: DatasetShape = { ...SHAPE, columns: COLUMNS, format };
      const folder = await writeShard(outcomes(20, isDown), shape);
      const samples = join(
        folder,
        { webdataset: '00003.tar', files: '00003', tfrecord: '00003.tfrecord' }[format],
      );
      const { ino } = await stat(samples);
      await backfill({ folder, shape, news: new Map([[3, sample(3, 'gone')]]) });
      expect((await stat(samples)).ino).toBe(ino);
      const expected = outcomes(20, isDown).map((each, index) => (index === 3 ? sample(3, 'gone') : each));
      expect(await snapshot(folder)).toEqual(await snapshot(await writeShard(expected, shape)));
    },
  );

  test.each([
    ['00003.tar', 700],
    ['00003.parquet', 100],
  ])('refuses a shard in which a byte of %s has changed', async (name, offset) => {
    const shape = SHAPES[0] ?? SHAPE;
    const folder = await writeShard(outcomes(20, isDown), shape);
    const bytes = await readFile(join(folder, name));
    bytes[offset] = (bytes[offset] ?? 0) ^ 1;
    await writeFile(join(folder, name), bytes);
    const before = await snapshot(folder);
    const attempt = backfill({ folder, shape, news: new Map([[3, sample(3, 'fine')]]) });
    await expect(attempt).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining(name) });
    expect(await snapshot(folder)).toEqual(before);
  });

  test('refuses a folder in which a byte has changed', async () => {
    const shape: DatasetShape = { ...SHAPE, columns: COLUMNS, format: 'files' };
    const folder = await writeShard(outcomes(20, isDown), shape);
    await writeFile(join(folder, '00003', '0000304.txt'), 'otherwise');
    const before = await snapshot(folder);
    const attempt = backfill({ folder, shape, news: new Map([[3, sample(3, 'fine')]]) });
    await expect(attempt).rejects.toThrow("00003/0000304.txt': its sha256 has changed");
    expect(await snapshot(folder)).toEqual(before);
  });

  test.each(['webdataset', 'files'] as const)(
    'adds checksums to a shard that had none (%s)',
    async (format) => {
      const shape: DatasetShape = { ...SHAPE, columns: COLUMNS, format };
      const folder = await writeShard(outcomes(20, isDown), shape);
      const path = join(folder, '00003.sha256');
      await rm(path);
      const stats = await backfill({ folder, shape, news: new Map([[3, sample(3, 'gone')]]) });
      execFileSync('sha256sum', ['--check', '--strict', '--quiet', path], { cwd: folder });
      const lines = (await readFile(path, 'utf8')).trim().split('\n');
      expect(lines.length).toBe(format === 'files' ? 3 * (stats?.successes ?? 0) + 2 : 3);
    },
  );

  test('refuses a folder in which a sample is missing', async () => {
    const shape: DatasetShape = { ...SHAPE, columns: COLUMNS, format: 'files' };
    const folder = await writeShard(outcomes(20, isDown), shape);
    for (const extension of ['jpg', 'json', 'txt']) await rm(join(folder, '00003', `0000304.${extension}`));
    const attempt = backfill({ folder, shape, news: new Map([[3, sample(3, 'fine')]]) });
    await expect(attempt).rejects.toThrow('expected the sample 0000304, found 0000306');
  });

  test('refuses metadata with other columns', async () => {
    const shape = SHAPES[0] ?? SHAPE;
    const folder = await writeShard(outcomes(20, isDown), shape);
    const attempt = backfill({
      folder,
      shape: { ...shape, exif: false },
      news: new Map([[3, sample(3, 'fine')]]),
    });
    await expect(attempt).rejects.toThrow('its columns are not those');
    expect(await readdir(join(folder, '.laion-fetch'))).toEqual(['scratch']);
  });

  test('removes the files of an uncommitted attempt', async () => {
    const shape = SHAPES[0] ?? SHAPE;
    const folder = await writeShard(outcomes(20, isDown), shape);
    const pending = join(folder, '.laion-fetch', 'backfill');
    await mkdir(pending);
    await writeFile(join(pending, '00003.tar'), 'half');
    await backfill({ folder, shape, news: new Map([[3, sample(3, 'fine')]]) });
    expect((await verifyDataset(openStore(folder))).findings).toEqual([]);
  });
});
