import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { int32s, makeArrowFile, packed } from '../../support/bytes/arrow-bytes.ts';
import { longStringColumn, longStringPage, zstdRun } from '../../support/bytes/bombs.ts';
import {
  footerOnly,
  makeParquetBytes,
  type PageBytes,
  plainStrings,
  varint,
} from '../../support/bytes/parquet-bytes.ts';
import { runCliMeasured } from '../../support/command/peak-memory.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const MIB = 1024 * 1024;
/** Memory that a hostile index may take in addition to that of an ordinary one. */
const MAX_GROWTH_MB = 50;

const URL = 'https://a.test/1.jpg';
const PAGE: PageBytes = { body: plainStrings([URL]), values: 1, uncompressed: 4 + URL.length };
const ordinaryParquet = (): Buffer =>
  makeParquetBytes({ rows: 1, columns: [{ name: 'url', codec: 'none', pages: [PAGE] }] });

/** A file of 4,096 rows that all share one string of 1 MB, which the file holds once, compressed. */
function sharedMegabyte(): Buffer {
  const indexes = Buffer.concat([Buffer.from([1]), varint(4096n << 1n), Buffer.from([0])]);
  const pages: PageBytes[] = [
    { ...longStringPage('zstd', MIB), isDictionary: true },
    { body: zstdRun(indexes, 0, 0), values: 4096, uncompressed: indexes.length, encoding: 8 },
  ];
  return makeParquetBytes({ rows: 4096, columns: [{ name: 'url', codec: 'zstd', pages }] });
}

/** Gzipped text with `length` repetitions of a letter in the middle. */
function gzipped(head: string, letter: string, length: number, tail: string): Buffer {
  const bytes = Buffer.alloc(head.length + length + tail.length, letter);
  bytes.write(head);
  bytes.write(tail, head.length + length);
  return gzipSync(bytes, { level: constants.Z_BEST_SPEED });
}

/** An Arrow file with one small zstd buffer that declares a larger uncompressed size. */
function expandingArrow(claimed: number, bytes: Uint8Array): Buffer {
  const offsets = packed(-1, int32s(0, 20));
  const text = packed(claimed, bytes);
  return makeArrowFile({
    codec: 'zstd',
    body: Buffer.concat([offsets, text]),
    buffers: [
      [0, 0],
      [0, offsets.length],
      [offsets.length, text.length],
    ],
  });
}

interface HostileIndex {
  readonly name: string;
  readonly make: () => Uint8Array;
  /** Maximum size of the file; a larger one would not count as hostile. */
  readonly maxBytes: number;
  /** An ordinary index of the same kind. */
  readonly ordinary: () => Uint8Array;
  readonly code: number;
  readonly says: RegExp;
}

const parquet = (make: () => Uint8Array, maxBytes: number, says: RegExp, code = 3): HostileIndex => ({
  name: 'index.parquet',
  make,
  maxBytes,
  ordinary: ordinaryParquet,
  code,
  says,
});

const zstdWhole = (bytes: Buffer): Buffer => zstdRun(bytes, 0, 0);

const TEXT = { csv: `url\n${URL}\n`, jsonl: `{"url":"${URL}"}\n`, json: `[{"url":"${URL}"}]` } as const;

const text = (
  name: `index.${keyof typeof TEXT}${'' | '.gz' | '.zst'}`,
  make: () => Uint8Array,
  maxBytes: number,
  says: RegExp,
  code: number,
): HostileIndex => {
  const usual = Buffer.from(TEXT[name.split('.')[1] as keyof typeof TEXT]);
  const pack = name.endsWith('.gz') ? gzipSync : name.endsWith('.zst') ? zstdWhole : Buffer.from;
  return { name, make, maxBytes, ordinary: () => pack(usual), code, says };
};

const arrow = (make: () => Uint8Array, maxBytes: number, says: RegExp): HostileIndex => ({
  name: 'index.arrow',
  make,
  maxBytes,
  ordinary: () => makeArrowFile(),
  code: 3,
  says,
});

const HOSTILE: Readonly<Record<string, HostileIndex>> = {
  'Parquet with one string of 512 MiB in brotli': parquet(
    () => makeParquetBytes({ rows: 1, columns: [longStringColumn('brotli', 512 * MIB)] }),
    1400,
    /'.*index\.parquet' as Parquet: row group 0, column 'url': a page claims 536,870,916 bytes out of [\d,]+ /,
  ),
  'the same in snappy': parquet(
    () => makeParquetBytes({ rows: 1, columns: [longStringColumn('snappy', 512 * MIB)] }),
    26 * MIB,
    /row group 0, column 'url': a page claims 536,870,916 bytes .* at most 268,435,456 /,
  ),
  'the same in zstd with a footer that declares 100 bytes': parquet(
    () =>
      makeParquetBytes({
        rows: 1,
        columns: [{ ...longStringColumn('zstd', 512 * MIB), totalUncompressed: 100 }],
      }),
    17_000,
    /row group 0, column 'url': a page claims 536,870,916 bytes /,
  ),
  'a page header that declares 1.9 GiB': parquet(
    () =>
      makeParquetBytes({
        rows: 1,
        columns: [
          {
            name: 'url',
            codec: 'snappy',
            totalUncompressed: 24,
            pages: [{ ...PAGE, uncompressed: 1900 * MIB }],
          },
        ],
      }),
    1000,
    /row group 0, column 'url': a page claims 1,992,294,400 bytes /,
  ),
  'a missing footer of 200 MB': parquet(
    () => footerOnly(Buffer.alloc(1000), 200_000_000),
    1100,
    /its footer claims 200,000,000 bytes, more than the file has/,
  ),
  'a footer of 200 MB': parquet(
    () => footerOnly(Buffer.alloc(200_000_000)),
    200_001_000,
    /its footer has 200,000,000 bytes; at most 67,108,864 are read/,
  ),
  'thousands of rows that share one long string': parquet(
    sharedMegabyte,
    300,
    /row 1: the value of the column 'url' is left out/,
    0,
  ),
  'CSV with a line of 512 MiB in gzip': text(
    'index.csv.gz',
    () => gzipped('url\n', 'a', 512 * MIB, '\n'),
    3 * MIB,
    /'.*index\.csv\.gz' as CSV: line 2: a field is longer than 16 MiB/,
    3,
  ),
  'the same in zstd': text(
    'index.csv.zst',
    () => zstdRun(Buffer.from('url\n'), 0x61, 512 * MIB),
    17_000,
    /'.*index\.csv\.zst' as CSV: line 2: a field is longer than 16 MiB/,
    3,
  ),
  'a JSON string of 512 MiB in gzip': text(
    'index.json.gz',
    () => gzipped(`[{"url":"${URL}"},{"url":"`, 'a', 512 * MIB, '"}]'),
    3 * MIB,
    /record 2: longer than 16 MiB/,
    0,
  ),
  'a line of JSON of 512 MiB in gzip': text(
    'index.jsonl.gz',
    () => gzipped(`{"url":"${URL}"}\n{"url":"`, 'a', 512 * MIB, '"}\n'),
    3 * MIB,
    /line 2: longer than 16 MiB/,
    0,
  ),
  'JSON nested 100,000 levels deep': text(
    'index.json',
    () => Buffer.from(`[{"url":"${URL}"},{"url":${'['.repeat(1e5)}${']'.repeat(1e5)}}]`),
    201_000,
    /record 2: expected string in the column 'url', as in the first records, found list/,
    0,
  ),
  'JSON of nothing but opening brackets': text(
    'index.json',
    () => Buffer.from(`[{"a":`.repeat(1e5)),
    600_001,
    /'.*index\.json' as JSON: it ends inside record 1/,
    3,
  ),
  'Arrow with one string of 512 MiB in zstd': arrow(
    () => expandingArrow(512 * MIB, zstdRun(Buffer.alloc(0), 0x61, 512 * MIB)),
    18_000,
    /'.*index\.arrow' as Arrow: .*a record batch claims 536\d+ bytes out of 16\d+; at most 134217728 are read/,
  ),
  'Arrow with a missing record batch': arrow(
    () => makeArrowFile({ bodyBytes: 2 ** 40 }),
    1000,
    /a record batch claims 1099511627776 bytes of \d+/,
  ),
  'Arrow with trillions of rows': arrow(
    () => makeArrowFile({ rows: 2 ** 42 }),
    1000,
    /a record batch claims 4398046511104 values out of 32 bytes/,
  ),
};

describe.skipIf(process.platform !== 'linux')('memory stays bounded for', () => {
  test.each(Object.entries(HOSTILE))('%s', async (_what, { name, make, maxBytes, ordinary, code, says }) => {
    const folder = await useTempFolder();
    const [hostile, usual] = [join(folder, name), join(folder, `usual-${name}`)];
    await writeFile(hostile, make());
    await writeFile(usual, ordinary());
    expect((await stat(hostile)).size).toBeLessThan(maxBytes);
    const before = await runCliMeasured(['inspect', usual]);
    const after = await runCliMeasured(['inspect', hostile]);
    expect(before).toMatchObject({ code: 0, stderr: '' });
    expect(after.code).toBe(code);
    expect(after.stdout + after.stderr).toMatch(says);
    // When the collector runs is a matter of time: on a busy machine, a peak can be one garbage collection too high.
    const peaks = [after.peakMb];
    if (after.peakMb - before.peakMb >= MAX_GROWTH_MB) {
      peaks.push((await runCliMeasured(['inspect', hostile])).peakMb);
    }
    expect(Math.min(...peaks) - before.peakMb).toBeLessThan(MAX_GROWTH_MB);
  });
});
