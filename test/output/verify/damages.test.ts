import { readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutputFormat } from '../../../src/core/choices.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import type { Finding } from '../../../src/output/verify/findings.ts';
import { verifyDataset } from '../../../src/output/verify/verify.ts';
import { repack, type TarMember } from '../repack.ts';
import { reseal, resealChecksums } from '../reseal.ts';
import { rewriteParquet } from '../rewrite-parquet.ts';
import { plannedRun, writeDataset } from '../small-dataset.ts';

/** A way to break shard 00001, and where verify should find the problem. */
interface Damage {
  readonly do: (folder: string) => Promise<unknown>;
  readonly file: string;
  readonly key?: string;
  readonly says: string;
}

const path = (folder: string, ending: string): string => join(folder, `00001${ending}`);

/** Edits the members of the tar. */
const members =
  (edit: (members: TarMember[]) => TarMember[]) =>
  (folder: string): Promise<void> =>
    repack(path(folder, '.tar'), edit);

/** Edits the rows of the metadata. */
const rows =
  (edit: Parameters<typeof rewriteParquet>[1]) =>
  (folder: string): Promise<void> =>
    rewriteParquet(path(folder, '.parquet'), edit);

/** Edits the statistics. */
const stats =
  (edit: (stats: Record<string, unknown>) => object) =>
  async (folder: string): Promise<void> => {
    const file = path(folder, '_stats.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify(edit(JSON.parse(text) as Record<string, unknown>), null, 4));
  };

/** Edits the checksum file. */
const checksums =
  (edit: (text: string) => string) =>
  async (folder: string): Promise<void> => {
    const file = path(folder, '.sha256');
    await writeFile(file, edit(await readFile(file, 'utf8')));
  };

/** Changes bytes in the tar after the first occurrence of a text. */
const tarBytes =
  (text: string, offset: number, bytes: string) =>
  async (folder: string): Promise<void> => {
    const tar = await readFile(path(folder, '.tar'));
    tar.write(bytes, tar.indexOf(text) + offset, 'latin1');
    await writeFile(path(folder, '.tar'), tar);
  };

/** Makes the digests match the damage, so that only the content shows it. */
const sealed =
  (damage: Damage['do']) =>
  async (folder: string): Promise<void> => {
    await damage(folder);
    await reseal(folder, '00001');
  };

const named = (name: string, edit: (member: TarMember) => TarMember[]) => (all: TarMember[]) =>
  all.flatMap((member) => (member.name === name ? edit(member) : [member]));

const swapped = (a: string, b: string) => (all: TarMember[]) =>
  all.map((member) => {
    const other = { [a]: b, [b]: a }[member.name];
    return { ...member, body: all.find(({ name }) => name === other)?.body ?? member.body };
  });

const renamed = (from: string, to: string) => named(from, ({ body }) => [{ name: to, body }]);

const TAR: Readonly<Record<string, Damage>> = {
  'a tar is cut within a member': {
    do: (folder) => truncate(path(folder, '.tar'), 3000),
    file: '00001.tar',
    says: 'ends at byte 3000',
  },
  'a tar is cut before its end mark': {
    do: sealed((folder) => truncate(path(folder, '.tar'), 9 * 1024 - 512)),
    file: '00001.tar',
    says: 'without an end mark',
  },
  'a tar lacks its last record': {
    do: sealed((folder) => truncate(path(folder, '.tar'), 9728)),
    file: '00001.tar',
    says: 'has 9728 bytes, expected 10240',
  },
  'bytes follow a tar': {
    do: sealed(async (folder) => {
      const tar = await readFile(path(folder, '.tar'));
      await writeFile(path(folder, '.tar'), Buffer.concat([tar, Buffer.from('more')]));
    }),
    file: '00001.tar',
    says: 'follow the end-of-archive mark',
  },
  'a tar is empty': {
    do: (folder) => truncate(path(folder, '.tar'), 0),
    file: '00001.tar',
    says: 'ends at byte 0',
  },
  'a tar is missing': { do: (folder) => rm(path(folder, '.tar')), file: '00001.tar', says: 'is missing' },
  'a tar is a symbolic link': {
    do: async (folder) => {
      await rename(path(folder, '.tar'), join(folder, 'moved.tar'));
      await symlink(join(folder, 'moved.tar'), path(folder, '.tar'));
    },
    file: '00001.tar',
    says: 'is a symbolic link',
  },
  'a tar is a folder': {
    do: async (folder) => {
      await rm(path(folder, '.tar'));
      await mkdir(path(folder, '.tar'));
    },
    file: '00001.tar',
    says: 'is a folder',
  },
  'a tar is that of another shard': {
    do: (folder) => copyFile(join(folder, '00000.tar'), path(folder, '.tar')),
    file: '00001.tar',
    key: '000010',
    says: 'the sample of this successful row is missing',
  },
  'a header of a tar is damaged': {
    do: sealed(tarBytes('000012.json', 124, '7')),
    file: '00001.tar',
    key: '000012',
    says: 'is damaged: its checksum',
  },
  'the padding of a member is not zero': {
    do: sealed(tarBytes('000012.json', 1023, 'x')),
    file: '00001.tar',
    key: '000012',
    says: 'padding',
  },
  'the end mark of a tar is not zero': {
    do: sealed((folder) => writeFile(path(folder, '.tar'), withByte(path(folder, '.tar'), 9304))),
    file: '00001.tar',
    says: 'end-of-archive mark is incomplete',
  },
  'an image is missing': {
    do: sealed(members(named('000012.jpg', () => []))),
    file: '00001.tar',
    key: '000012',
    says: 'found json, txt',
  },
  'a member is foreign': {
    do: sealed(members(named('000012.txt', (txt) => [txt, { name: '000012.cls', body: txt.body }]))),
    file: '00001.tar',
    key: '000012',
    says: 'found jpg, json, txt, cls',
  },
  'a member is repeated': {
    do: sealed(members(named('000012.json', (json) => [json, json]))),
    file: '00001.tar',
    key: '000012',
    says: 'found jpg, json, json, txt',
  },
  'a sample is repeated': {
    do: sealed(members((all) => [...all, ...all.filter(({ name }) => name.startsWith('000012'))])),
    file: '00001.tar',
    key: '000012',
    says: 'no successful row for this sample here',
  },
  'a sample is missing': {
    do: sealed(members((all) => all.filter(({ name }) => !name.startsWith('000012')))),
    file: '00001.tar',
    key: '000012',
    says: 'is missing here',
  },
  "a sample's members are in another order": {
    do: sealed(members(([jpg, json, ...rest]) => (jpg && json ? [json, jpg, ...rest] : []))),
    file: '00001.tar',
    key: '000010',
    says: 'the members are in the order json, jpg, txt',
  },
  'a sample has another key': {
    do: sealed(
      members((all) =>
        ['jpg', 'json', 'txt'].reduce((list, end) => renamed(`000013.${end}`, `000014.${end}`)(list), all),
      ),
    ),
    file: '00001.tar',
    key: '000014',
    says: 'no successful row for this sample here',
  },
  'two captions have changed places': {
    do: sealed(members(swapped('000010.txt', '000012.txt'))),
    file: '00001.tar',
    key: '000012',
    says: 'the text differs from the caption in the metadata',
  },
  'two JSON files have changed places': {
    do: sealed(members(swapped('000010.json', '000012.json'))),
    file: '00001.tar',
    key: '000010',
    says: 'the JSON differs from the metadata in',
  },
  'an image is a web page': {
    do: sealed(members(named('000012.jpg', ({ name }) => [{ name, body: Buffer.from('<html>') }]))),
    file: '00001.tar',
    key: '000012',
    says: 'does not start like a jpg',
  },
  'a bit of an image has changed': {
    do: tarBytes('an image', 3, 'q'),
    file: '00001.tar',
    says: 'its sha256 differs from the statistics and the checksum file',
  },
};

const METADATA: Readonly<Record<string, Damage>> = {
  'metadata are missing': {
    do: (folder) => rm(path(folder, '.parquet')),
    file: '00001.parquet',
    says: 'is missing',
  },
  'metadata are empty': {
    do: (folder) => truncate(path(folder, '.parquet'), 0),
    file: '00001.parquet',
    says: 'cannot be read',
  },
  'a row is missing': {
    do: sealed(rows((all) => all.filter((_, at) => at !== 1))),
    file: '00001.parquet',
    key: '000012',
    says: 'the row 000011 before it is missing',
  },
  'the last row is missing': {
    do: sealed(rows((all) => all.slice(0, -1))),
    file: '00001.parquet',
    says: 'count is 3 here and 4 in the statistics',
  },
  'a row is repeated': {
    do: sealed(rows((all) => all.flatMap((row, at) => (at === 1 ? [row, row] : [row])))),
    file: '00001.parquet',
    key: '000011',
    says: 'the row is repeated or out of order',
  },
  'rows are in another order': {
    do: sealed(rows((all) => all.toReversed())),
    file: '00001.parquet',
    key: '000010',
    says: 'the row is repeated or out of order',
  },
  'metadata are those of another shard': {
    do: sealed((folder) => copyFile(join(folder, '00000.parquet'), path(folder, '.parquet'))),
    file: '00001.parquet',
    key: '000000',
    says: 'the key 000000 does not belong to this shard',
  },
  'a URL has changed': {
    do: sealed(rows((all) => all.map((row, at) => (at === 2 ? { ...row, url: 'https://b.org' } : row)))),
    file: '00001.tar',
    key: '000012',
    says: 'the JSON differs from the metadata in url',
  },
  'a failure has the status of another': {
    do: sealed(
      rows((all) => all.map((row, at) => (at === 1 ? { ...row, status: 'failed_to_resize' } : row))),
    ),
    file: '00001.parquet',
    key: '000011',
    says: 'the status is failed_to_resize, but http_404 has the status failed_to_download',
  },
  'a failure is called a success': {
    do: sealed(rows((all) => all.map((row, at) => (at === 1 ? { ...row, status: 'success' } : row)))),
    file: '00001.parquet',
    key: '000011',
    says: 'the row is a success but has a failure code or an error message',
  },
};

const STATISTICS: Readonly<Record<string, Damage>> = {
  'statistics are missing': {
    do: (folder) => rm(path(folder, '_stats.json')),
    file: '00001.tar',
    says: 'belongs to no finished shard',
  },
  'statistics are empty': {
    do: (folder) => truncate(path(folder, '_stats.json'), 0),
    file: '00001_stats.json',
    says: 'cannot be read',
  },
  'statistics are those of another shard': {
    do: (folder) => copyFile(join(folder, '00000_stats.json'), path(folder, '_stats.json')),
    file: '00001_stats.json',
    says: 'its sha256 differs from the checksum file',
  },
  'a sum of the statistics is wrong': {
    do: sealed(stats((all) => ({ ...all, successes: 2 }))),
    file: '00001_stats.json',
    says: 'the count is not the sum of successes and failures',
  },
  'the failure codes of the statistics are wrong': {
    do: sealed(stats((all) => ({ ...all, failure_codes: { timeout: 1 } }))),
    file: '00001.parquet',
    says: 'timeout occurs 0 times here and 1 in the statistics',
  },
  'the messages of the statistics are wrong': {
    do: sealed(stats((all) => ({ ...all, status_dict: { success: 4 } }))),
    file: '00001.parquet',
    says: "'success' occurs 3 times here and 4 in the statistics",
  },
  'the bytes of the statistics are wrong': {
    do: sealed(stats((all) => ({ ...all, bytes_downloaded: 1 }))),
    file: '00001.parquet',
    says: 'bytes_downloaded is 3000 here and 1 in the statistics',
  },
  'the times of the statistics are wrong': {
    do: sealed(stats((all) => ({ ...all, end_time: 1_700_000_013 }))),
    file: '00001_stats.json',
    says: 'the duration is not the time from start to end',
  },
  'the version of the statistics has changed': {
    do: stats((all) => ({ ...all, version: '1.2.4' })),
    file: '00001_stats.json',
    says: 'its sha256 differs from the checksum file',
  },
};

const CHECKSUMS: Readonly<Record<string, Damage>> = {
  'the checksum file is missing': {
    do: (folder) => rm(path(folder, '.sha256')),
    file: '00001.sha256',
    says: 'is missing',
  },
  'the checksum file is empty': {
    do: (folder) => truncate(path(folder, '.sha256'), 0),
    file: '00001.sha256',
    says: 'does not name 00001.tar',
  },
  'the checksum file is malformed': {
    do: checksums((text) => text.replace('  00001.tar', ' 00001.tar')),
    file: '00001.sha256',
    says: 'line 1 is not a sha256sum line',
  },
  'a digest of the checksum file has changed': {
    do: checksums((text) =>
      text.replace(/[0-9a-f](?=[0-9a-f]{63} {2}00001\.parquet)/, (digit) => (digit === '0' ? '1' : '0')),
    ),
    file: '00001.parquet',
    says: 'its sha256 differs from the checksum file',
  },
  'the checksum file names a missing file': {
    do: checksums((text) => text.replace('00001.tar', '00001.tor')),
    file: '00001.sha256',
    says: 'names 00001.tor, which does not exist',
  },
  'the checksum file lacks a file': {
    do: checksums((text) => text.replace(/.*_stats\.json\n/, '')),
    file: '00001.sha256',
    says: 'does not name 00001_stats.json',
  },
  'the checksum file names a file twice': {
    do: checksums((text) => text + text.slice(0, text.indexOf('\n') + 1)),
    file: '00001.sha256',
    says: 'names 00001.tar twice',
  },
  'the checksum file lacks its last byte': {
    do: checksums((text) => text.slice(0, -1)),
    file: '00001.sha256',
    says: 'the last line has no line break',
  },
  'an entire shard is missing': {
    do: async (folder) => {
      for (const ending of ['.tar', '.parquet', '.sha256', '_stats.json']) await rm(path(folder, ending));
    },
    file: '.',
    says: 'shard 00001 of the plan is missing',
  },
  'the shard is there in two formats': {
    do: (folder) => mkdir(path(folder, '')),
    file: '00001',
    says: 'exists beside a tar',
  },
};

const FILES: Readonly<Record<string, Damage>> = {
  'a file of the folder is missing': {
    do: (folder) => rm(path(folder, '/000012.txt')),
    file: '00001',
    key: '000012',
    says: 'found jpg, json',
  },
  'a file of the folder is foreign': {
    do: (folder) => writeFile(path(folder, '/notes.txt'), ''),
    file: '00001',
    key: 'notes',
    says: 'no successful row for this sample here',
  },
  'a file of the folder is a symbolic link': {
    do: async (folder) => {
      await rm(path(folder, '/000012.jpg'));
      await symlink('000010.jpg', path(folder, '/000012.jpg'));
    },
    file: '00001',
    key: '000012',
    says: '000012.jpg is not a regular file',
  },
  'a bit of an image in the folder has changed': {
    do: (folder) => writeFile(path(folder, '/000012.jpg'), withByte(path(folder, '/000012.jpg'), 8)),
    file: '00001/000012.jpg',
    says: 'its sha256 differs from the checksum file',
  },
  'two captions of the folder have changed places': {
    do: async (folder) => {
      await rename(path(folder, '/000012.txt'), path(folder, '/x'));
      await rename(path(folder, '/000010.txt'), path(folder, '/000012.txt'));
      await rename(path(folder, '/x'), path(folder, '/000010.txt'));
      await resealChecksums(folder, '00001');
    },
    file: '00001',
    key: '000010',
    says: 'the text differs from the caption in the metadata',
  },
};

/** Edits the records of a TFRecord file: each with its length and its checksums. */
const records =
  (edit: (records: Buffer[]) => Buffer[]) =>
  async (folder: string): Promise<void> => {
    const file = path(folder, '.tfrecord');
    let rest = await readFile(file);
    const found: Buffer[] = [];
    while (rest.length > 0) {
      const end = 16 + Number(rest.readBigUInt64LE());
      found.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    await writeFile(file, Buffer.concat(edit(found)));
  };

const TFRECORD: Readonly<Record<string, Damage>> = {
  'a record is missing': {
    do: records(([first = Buffer.alloc(0)]) => [first]),
    file: '00001.tfrecord',
    key: '000013',
    says: 'the sample of this successful row is missing here',
  },
  'two records have changed places': {
    do: records((all) => all.toReversed()),
    file: '00001.tfrecord',
    key: '000010',
    says: 'the sample of this successful row is missing here',
  },
  'a bit of a record has changed': {
    do: (folder) => writeFile(path(folder, '.tfrecord'), withByte(path(folder, '.tfrecord'), 40)),
    file: '00001.tfrecord',
    says: 'the checksum of record 0 is wrong',
  },
  'a bit of the length of a record has changed': {
    do: (folder) => writeFile(path(folder, '.tfrecord'), withByte(path(folder, '.tfrecord'), 0)),
    file: '00001.tfrecord',
    says: 'the checksum of record 0 is wrong',
  },
  'the records lack their last byte': {
    do: records((all) => [...all.slice(0, -1), (all.at(-1) ?? Buffer.alloc(0)).subarray(0, -1)]),
    file: '00001.tfrecord',
    says: 'it ends within record 2',
  },
  'the records are missing': {
    do: (folder) => rm(path(folder, '.tfrecord')),
    file: '00001.tfrecord',
    says: 'is missing',
  },
  'a value of the metadata is not that of its record': {
    do: rows((all) => all.map((row) => ({ ...row, similarity: 0.25 }))),
    file: '00001.tfrecord',
    key: '000010',
    says: 'the record differs from the metadata in similarity',
  },
};

const PARQUET: Readonly<Record<string, Damage>> = {
  'a successful row has no image': {
    do: rows((all) => all.map((row) => (row['key'] === '000012' ? { ...row, jpg: null } : row))),
    file: '00001.parquet',
    key: '000012',
    says: 'the sample of this successful row is missing here',
  },
  'a failed row has an image': {
    do: rows((all) =>
      all.map((row) => (row['key'] === '000011' ? { ...row, jpg: all[0]?.['jpg'] ?? null } : row)),
    ),
    file: '00001.parquet',
    key: '000011',
    says: 'the metadata has no successful row for this sample here',
  },
  'an image of a row is none': {
    do: rows((all) => all.map((row) => (row['jpg'] === null ? row : { ...row, jpg: Buffer.from('x') }))),
    file: '00001.parquet',
    key: '000010',
    says: 'the image does not start like a jpg',
  },
  'the metadata is missing': {
    do: (folder) => rm(path(folder, '.parquet')),
    file: '00001.parquet',
    says: 'is missing',
  },
};

/** The file with a bit of one of its bytes changed. */
function withByte(file: string, at: number, bit = 0): Buffer {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
  return bytes;
}

async function find(folder: string, format: OutputFormat): Promise<readonly Finding[]> {
  return (await verifyDataset(openStore(folder), { runs: [plannedRun(format)] })).findings;
}

describe('verifyDataset()', () => {
  const corpus: readonly (readonly [string, OutputFormat, Damage])[] = [
    ...Object.entries({ ...TAR, ...METADATA, ...STATISTICS, ...CHECKSUMS }).map(
      ([name, damage]) => [name, 'webdataset', damage] as const,
    ),
    ...Object.entries(FILES).map(([name, damage]) => [name, 'files', damage] as const),
    ...Object.entries(TFRECORD).map(([name, damage]) => [name, 'tfrecord', damage] as const),
    ...Object.entries(PARQUET).map(([name, damage]) => [name, 'parquet', damage] as const),
  ];

  it.each(corpus)('reports that %s (%s)', async (_name, format, damage) => {
    const folder = await writeDataset(format);
    expect(await find(folder, format)).toEqual([]);
    await damage.do(folder);
    const findings = await find(folder, format);
    const { file, key, says } = damage;
    const expected = { file, ...(key === undefined ? {} : { key }), problem: expect.stringContaining(says) };
    expect(findings).toContainEqual(expected);
    expect(findings.filter((problem) => !`${problem.file} ${problem.problem}`.includes('00001'))).toEqual([]);
  });

  it.each([
    ['webdataset', '.tar'],
    ['webdataset', '.parquet'],
    ['tfrecord', '.tfrecord'],
    ['mds', '.mds'],
    ['parquet', '.parquet'],
    ['webdataset', '_stats.json'],
    ['webdataset', '.sha256'],
    ['none', '.sha256'],
  ] as const)('detects every changed bit (%s, %s)', async (format, ending) => {
    const folder = await writeDataset(format);
    const file = path(folder, ending);
    const whole = await readFile(file);
    const places = fc.record({ at: fc.nat(whole.length - 1), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(places, async ({ at, bit }) => {
        await writeFile(file, withByte(file, at, bit));
        const findings = await find(folder, format);
        await writeFile(file, whole);
        expect(findings.length).toBeGreaterThan(0);
        expect(findings.every((problem) => problem.file.startsWith('00001'))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('detects every changed bit of a tar, even without a digest, except inside images', async () => {
    const folder = await writeDataset('webdataset');
    const file = path(folder, '.tar');
    const whole = await readFile(file);
    const images = [...whole.toString('latin1').matchAll(/\xff\xd8\xff\xe0 an image \xff\xd9/g)];
    const isImage = (at: number) =>
      images.some(({ index, 0: { length } }) => at >= index && at < index + length);
    const places = fc.record({ at: fc.nat(whole.length - 1).filter((at) => !isImage(at)), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(places, async ({ at, bit }) => {
        await writeFile(file, withByte(file, at, bit));
        await reseal(folder, '00001');
        const findings = await find(folder, 'webdataset');
        await writeFile(file, whole);
        expect(findings.length).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });
});
