import { copyFile, cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  BOOL,
  type Column,
  type ColumnType,
  DOUBLE,
  INT32,
  INT64,
  STRING,
  type Value,
} from '../../../src/core/columns.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { verifyDataset } from '../../../src/output/verify/verify.ts';
import { repack } from '../repack.ts';
import { resealChecksums } from '../reseal.ts';
import { failure, row, SHAPE, success, temporaryFolder, writeSamples } from '../samples.ts';
import { findingsOf, plannedRun, writeDataset } from '../small-dataset.ts';

describe('verifyDataset()', () => {
  it.each(['webdataset', 'files', 'none'] as const)('accepts a dataset as written (%s)', async (format) => {
    const folder = await writeDataset(format);
    const report = await verifyDataset(openStore(folder), {
      runs: [plannedRun(format)],
    });
    expect(report).toEqual({ shards: 2, rows: 8, successes: 6, findings: [], broken: [], stale: [] });
  });

  it('accepts a shard whose rows all failed', async () => {
    const { folder, scratch } = await temporaryFolder();
    await writeSamples({ folder, scratch, samples: [{ row: row(), result: failure('timeout') }] });
    expect(await findingsOf(folder)).toEqual([]);
  });

  it('accepts bodies that were kept undecoded', async () => {
    const { folder, scratch } = await temporaryFolder();
    const result = success({ bytes: Buffer.from('<html>'), width: null, height: null });
    await writeSamples({ folder, scratch, samples: [{ row: row(), result }] });
    expect(await findingsOf(folder)).toEqual([]);
  });

  const damages: Record<string, { damage: (folder: string) => Promise<void>; findings: string[] }> = {
    'a tar ends early': {
      damage: (folder) => truncate(join(folder, '00001.tar'), 1000),
      findings: ['00001.tar | cannot be read: ends at byte 1000, within 000010.jpg'],
    },
    'a tar has no end mark': {
      damage: async (folder) => {
        await repack(join(folder, '00001.tar'), (members) => members);
        const tar = await readFile(join(folder, '00001.tar'));
        const last = tar.lastIndexOf('000013.txt');
        await truncate(join(folder, '00001.tar'), last + 1024);
      },
      findings: ['00001.tar | cannot be read: ends at byte 8704, without an end mark'],
    },
    'a tar is not a tar': {
      damage: (folder) => writeFile(join(folder, '00001.tar'), 'x'.repeat(10_240)),
      findings: [
        '00001.tar | the header at byte 0 is damaged',
        '00001.tar | cannot be read: ends at byte 10240, without an end mark',
      ],
    },
    'a tar is missing': {
      damage: (folder) => rm(join(folder, '00001.tar')),
      findings: ['00001.tar | is missing'],
    },
    'metadata is missing': {
      damage: (folder) => rm(join(folder, '00001.parquet')),
      findings: ['00001.parquet | is missing'],
    },
    'metadata ends early': {
      damage: (folder) => truncate(join(folder, '00001.parquet'), 500),
      findings: ['00001.parquet | cannot be read: '],
    },
    'metadata is that of another shard': {
      damage: (folder) => copyFile(join(folder, '00000.parquet'), join(folder, '00001.parquet')),
      findings: [
        '00001.parquet | 000000 | the key 000000 does not belong to this shard, expected 000010',
        '00001.tar | 000000 | the sample of this successful row is missing here',
        '00001.parquet | 000001 | the key 000001 does not belong to this shard, expected 000011',
      ],
    },
    'statistics are missing': {
      damage: (folder) => rm(join(folder, '00001_stats.json')),
      findings: ['parquet', 'sha256', 'tar'].map(
        (suffix) => `00001.${suffix} | belongs to no finished shard`,
      ),
    },
    'statistics are broken': {
      damage: (folder) => writeFile(join(folder, '00001_stats.json'), '{}'),
      findings: ['00001_stats.json | cannot be read'],
    },
    'statistics count otherwise': {
      damage: (folder) => editStats(folder, { count: 5 }),
      findings: [
        '00001_stats.json | the count is not the sum of successes and failures',
        '00001.parquet | count is 4 here and 5 in the statistics',
      ],
    },
    'statistics have other failures': {
      damage: (folder) => editStats(folder, { failure_codes: { timeout: 1 } }),
      findings: [
        '00001.parquet | timeout occurs 0 times here and 1 in the statistics',
        '00001.parquet | http_404 occurs 1 times here and 0 in the statistics',
      ],
    },
    'a byte of an image has changed': {
      damage: (folder) => flipByte(join(folder, '00001.tar'), 'an image'),
      findings: ['00001.tar | its sha256 differs from the statistics'],
    },
    'a byte of the metadata has changed where no row shows it': {
      damage: (folder) => flipByte(join(folder, '00001.parquet'), 'laion-fetch'),
      findings: ['00001.parquet | its sha256 differs from the statistics'],
    },
    'a shard is there in two formats': {
      damage: async (folder) => {
        await mkdir(join(folder, '00001'));
      },
      findings: ['00001 | exists beside a tar'],
    },
  };

  for (const [name, { damage, findings }] of Object.entries(damages)) {
    it(`reports that ${name}`, async () => {
      const folder = await writeDataset('webdataset');
      await damage(folder);
      const found = await findingsOf(folder);
      expect(found.slice(0, findings.length).sort()).toEqual(
        [...findings].sort().map((problem) => expect.stringContaining(problem)),
      );
      expect(found.every((problem) => problem.startsWith('00001'))).toBe(true);
    });
  }

  it('requires no digests if the statistics have none', async () => {
    const folder = await writeDataset('webdataset');
    await editStats(folder, { files: undefined });
    await flipByte(join(folder, '00001.tar'), 'an image');
    await resealChecksums(folder, '00001');
    expect(await findingsOf(folder)).toEqual([]);
  });

  it('accepts values that JSON, UTF-8 or SQL cannot express directly', async () => {
    const { folder, scratch } = await temporaryFolder();
    const list: ColumnType = { kind: 'list', element: INT32 };
    const columns: [Column, Value][] = [
      [{ name: 'WIDTH', type: INT32 }, null],
      [{ name: 'Key', type: { kind: 'struct', fields: [{ name: 'l', type: list }] } }, { l: [1, 2] }],
      [{ name: 'a "b"', type: STRING }, '\uFEFF\0 \ud800 \u{1F600}\r\n'],
      [{ name: '__proto__', type: BOOL }, false],
      [{ name: 'nan', type: DOUBLE }, Number.NaN],
      [{ name: 'zero', type: DOUBLE }, -0],
      [{ name: 'float', type: { kind: 'float', bits: 32 } }, Math.fround(0.1)],
      [{ name: 'long', type: INT64 }, 2n ** 63n - 1n],
      [{ name: 'big', type: { kind: 'int', bits: 64, signed: false } }, 2n ** 64n - 1n],
      [{ name: 'day', type: { kind: 'date' } }, 19_000],
      [{ name: 'money', type: { kind: 'decimal', precision: 5, scale: 2 } }, '-1.50'],
      [{ name: 'raw', type: { kind: 'bytes' } }, Buffer.from([0xff])],
      [{ name: 'json', type: { kind: 'json' } }, '{"a": 1}'],
    ];
    const shape = { ...SHAPE, columns: columns.map(([column]) => column) };
    const values = columns.map(([, value]) => value);
    const samples = [{ row: row({ values, caption: '\uFEFFa\ud800\0' }), result: success() }];
    await writeSamples({ folder, scratch, samples, shape });
    expect(await findingsOf(folder)).toEqual([]);
  });

  it('reports the same for a folder of files', async () => {
    const folder = await writeDataset('files');
    await rm(join(folder, '00000', '000002.txt'));
    await writeFile(join(folder, '00000', '000003.jpg'), 'GIF89a');
    await writeFile(join(folder, '00001', '000013.txt'), 'another caption');
    await flipByte(join(folder, '00001.parquet'), 'laion-fetch');
    await rename(join(folder, '00000', '000000.json'), join(folder, '00000', '000001.json'));
    expect((await findingsOf(folder)).sort()).toEqual([
      '00000 | 000000 | expected the members one image, json, txt, found jpg, txt',
      '00000 | 000001 | the metadata has no successful row for this sample here',
      '00000 | 000002 | expected the members one image, json, txt, found jpg, json',
      '00000 | 000003 | the image does not start like a jpg',
      '00000.sha256 | does not name 00000/000001.json',
      '00000.sha256 | names 00000/000000.json, which does not exist',
      '00000.sha256 | names 00000/000002.txt, which does not exist',
      '00000/000003.jpg | its sha256 differs from the checksum file',
      '00001 | 000013 | the text differs from the caption in the metadata',
      '00001.parquet | its sha256 differs from the statistics and the checksum file',
      '00001/000013.txt | its sha256 differs from the checksum file',
    ]);
  });

  it('compares the dataset with the plan', async () => {
    const folder = await writeDataset('webdataset');
    await cp(join(folder, '00001_stats.json'), join(folder, '00003_stats.json'));
    const { findings, broken } = await verifyDataset(openStore(folder), {
      runs: [plannedRun('none', [5, 4, 4])],
    });
    expect(findings).toEqual([
      { file: '00000_stats.json', problem: 'the shard has 4 rows, the plan 5' },
      { file: '00003.sha256', problem: 'is missing' },
      { file: '00003_stats.json', problem: 'the plan has no such shard' },
      { file: '.', problem: 'shard 00002 of the plan is missing' },
    ]);
    expect(broken).toEqual([
      { shard: '00000', id: 0, run: 0 },
      { shard: '00002', id: 2, run: 0 },
      { shard: '00003', id: 3, run: null },
    ]);
  });

  it('knows from the plan that tars are missing if only statistics exist', async () => {
    const folder = await writeDataset('none');
    const { findings } = await verifyDataset(openStore(folder), { runs: [plannedRun('webdataset')] });
    expect(findings.map(({ file }) => file)).toEqual([
      '00000.tar',
      '00000.parquet',
      '00001.tar',
      '00001.parquet',
    ]);
  });

  it('names the files that an interrupted run left', async () => {
    const folder = await writeDataset('webdataset');
    const scratch = join(folder, '.laion-fetch', 'scratch');
    await writeFile(join(scratch, '00002.tar'), '');
    const { findings } = await verifyDataset(openStore(folder));
    expect(findings).toEqual([
      { file: '.laion-fetch/scratch/00002.tar', problem: 'was left by an interrupted run' },
    ]);
  });

  it('counts the findings of a shard beyond a hundred', async () => {
    const { folder, scratch } = await temporaryFolder();
    const samples = Array.from({ length: 130 }, () => ({ row: row(), result: success() }));
    await writeSamples({ folder, scratch, samples });
    await repack(join(folder, '00000.tar'), () => []);
    const found = await findingsOf(folder);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toBe('00000.tar | 31 more findings in this shard');
  });

  it('reports a folder that does not exist', async () => {
    const { scratch } = await temporaryFolder();
    const { findings } = await verifyDataset(openStore(join(scratch, 'none')));
    expect(findings).toEqual([{ file: '.', problem: expect.any(String) }]);
  });

  it('reads a dataset whose path looks like a pattern', async () => {
    const folder = await writeDataset('webdataset');
    const odd = join(folder, 'a [b]*?');
    await mkdir(odd);
    for (const name of (await readdir(folder)).filter((name) => name.startsWith('0000'))) {
      await rename(join(folder, name), join(odd, name));
    }
    expect(await verifyDataset(openStore(odd))).toEqual({
      shards: 2,
      rows: 8,
      successes: 6,
      findings: [],
      broken: [],
      stale: [],
    });
  });

  /** Changes the first byte of a text that the file holds. */
  async function flipByte(path: string, text: string): Promise<void> {
    const bytes = await readFile(path);
    const at = bytes.lastIndexOf(text);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(path, bytes);
  }

  async function editStats(folder: string, fields: object): Promise<void> {
    const path = join(folder, '00001_stats.json');
    const stats: object = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...stats, ...fields }));
  }
});
