import { copyFile, cp, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Layer } from '../../src/config/layer.ts';
import type { OptionKey } from '../../src/config/options/options.ts';
import { resolveOptions } from '../../src/config/resolve.ts';
import { repack } from '../output/repack.ts';
import { rewriteParquet } from '../output/rewrite-parquet.ts';
import { digestFiles } from '../support/command/read-dataset.ts';
import { useTempFolder } from '../support/temp-folder.ts';

// Decoders need the built code.
const built = new URL('../../dist/run/adopt.js', import.meta.url).href;
const { adopt } = (await import(built)) as typeof import('../../src/run/adopt.ts');

/** What img2dataset 1.47.0 left when it was killed: shards 0 and 1 of 5 rows each, and a part of shard 2. */
const KILLED = fileURLToPath(new URL('../../fixtures/img2dataset-killed', import.meta.url));

/** The options that made it. */
const OPTIONS: Partial<Record<OptionKey, string>> = {
  preset: 'img2dataset',
  outputFormat: 'webdataset',
  numberSamplePerShard: '5',
  imageSize: '32',
  captionCol: 'caption',
  columns: 'similarity,pwatermark',
  decoders: '1',
};

/** A copy of the killed run, and its adoption with some other options. */
async function useKilledRun() {
  const folder = await useTempFolder();
  await cp(KILLED, folder, { recursive: true });
  const [output, index] = [join(folder, 'out'), join(folder, 'index.parquet')];
  const adoptWith = async (others: Partial<Record<OptionKey, string>> = {}) => {
    const texts = Object.entries({ ...OPTIONS, ...others }) as [OptionKey, string][];
    const layer: Layer = new Map(texts.map(([key, text]) => [key, { text, origin: key }]));
    const reasons: Record<string, string> = {};
    const adoption = await adopt({
      options: resolveOptions([layer]).options,
      output,
      index: [index],
      onLeft: (shard, reason) => {
        reasons[shard] = reason;
      },
      onNotice: () => {},
    });
    return { adoption, reasons };
  };
  return { output, index, shard: join(output, '00001'), adoptWith };
}

type KilledRun = Awaited<ReturnType<typeof useKilledRun>>;

async function setCaption(path: string, page: number): Promise<void> {
  const url = `http://gallery.example/${page}.jpg`;
  await rewriteParquet(path, (rows) =>
    rows.map((row) => (row['url'] === url ? { ...row, caption: 'other' } : row)),
  );
}

describe('adopt()', () => {
  test.each<[string, RegExp, (run: KilledRun) => Promise<void>]>([
    [
      'a tar that was cut',
      /^00001.tar: cannot be read: ends at byte/,
      ({ shard }) => truncate(`${shard}.tar`, 5000),
    ],
    [
      'a sample that is missing',
      /^00001.tar 000011: the sample of this successful row is missing/,
      ({ shard }) =>
        repack(`${shard}.tar`, (members) => members.filter(({ name }) => !name.startsWith('000011'))),
    ],
    [
      'a sample in two parts',
      /^00001.tar 0000\d\d: the members of the sample are not adjacent/,
      ({ shard }) => repack(`${shard}.tar`, ([first, ...rest]) => [...rest, ...(first ? [first] : [])]),
    ],
    [
      'an image that cannot be decoded',
      /^00001.tar 000010: the image cannot be decoded/,
      ({ shard }) =>
        repack(`${shard}.tar`, (members) =>
          members.map((member) =>
            member.name === '000010.jpg' ? { ...member, body: member.body.subarray(0, 400) } : member,
          ),
        ),
    ],
    [
      'the rows of another shard',
      /^00001.parquet 000000: differs|^00001.parquet 000000: the key 000000 does not belong to this shard/,
      ({ output, shard }) => copyFile(join(output, '00000.parquet'), `${shard}.parquet`),
    ],
    [
      'a row that its tar has otherwise',
      /^00001.tar 000010: the JSON differs from the metadata in caption/,
      async ({ shard, index }) => {
        await setCaption(`${shard}.parquet`, 5);
        await setCaption(index, 5);
      },
    ],
    [
      'a row that the index has otherwise',
      /^00001.parquet 000014: differs from the index in caption/,
      ({ index }) => setCaption(index, 9),
    ],
    [
      'a row too few',
      /^00001.parquet 000012: the row 000011 before it is missing/,
      ({ shard }) =>
        rewriteParquet(`${shard}.parquet`, (rows) => rows.filter((row) => row['key'] !== '000011')),
    ],
    [
      'statistics with another count',
      /^00001.parquet: successes is 4 here and 5 in the statistics/,
      async ({ shard }) => {
        const stats = JSON.parse(await readFile(`${shard}_stats.json`, 'utf8'));
        const failed_to_resize = stats.failed_to_resize - 1;
        await writeFile(`${shard}_stats.json`, JSON.stringify({ ...stats, successes: 5, failed_to_resize }));
      },
    ],
    [
      'metadata of zero bytes',
      /^00001.parquet: cannot be compared/,
      ({ shard }) => truncate(`${shard}.parquet`, 0),
    ],
  ])('leaves a shard with %s as it is', async (_what, reason, damage) => {
    const run = await useKilledRun();
    await damage(run);
    const before = digestFiles(run.output, '');
    const { adoption, reasons } = await run.adoptWith();
    expect(reasons['00001']).toMatch(reason);
    expect(adoption).toMatchObject({ shards: 1, rows: 5, samples: 4, refused: 1, missing: 2 });
    const others = (digests: Record<string, string>) =>
      Object.fromEntries(Object.entries(digests).filter(([name]) => !name.startsWith('00000')));
    expect(others(digestFiles(run.output, ''))).toEqual(others(before));
  });

  test.each<[string, Partial<Record<OptionKey, string>>, RegExp]>([
    ['another size', { imageSize: '64' }, /the image has 32x32 pixels; by the options .* 64x64/],
    ['another resize mode', { resizeMode: 'keep_ratio' }, /it would have 4\dx32/],
    ['another number of rows', { numberSamplePerShard: '4' }, /it has 5 rows, .* it would have 4/],
    [
      'other columns',
      { columns: 'similarity' },
      /by index and options they would be similarity double, caption/,
    ],
    [
      'another image format',
      { encodeFormat: 'webp' },
      /the image is a jpg, by the options it would be a webp/,
    ],
    ['longer names', { oomShardCount: '6' }, /its name is not 000000/],
    ['another output format', { outputFormat: 'files' }, /it is a tar, which --output-format files does not/],
  ])('changes nothing with the options of another run: %s', async (_what, options, reason) => {
    const { output, adoptWith } = await useKilledRun();
    const before = digestFiles(output, '');
    const { adoption, reasons } = await adoptWith(options);
    expect(reasons['00000']).toMatch(reason);
    expect(adoption).toMatchObject({ shards: 0, command: null });
    expect(digestFiles(output, '')).toEqual(before);
  });
});
