import { existsSync } from 'node:fs';
import { readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { refreshLoaderFiles } from '../../../src/run/dataset/refresh-loader-files.ts';
import { repack } from '../../output/repack.ts';
import { reseal } from '../../output/reseal.ts';
import { rewriteParquet } from '../../output/rewrite-parquet.ts';
import type { Answer, WebScript } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles, readMember } from '../../support/command/read-dataset.ts';

/** Every page shows an image, except every ninth, which is gone. */
const GALLERY: WebScript = {
  hosts: { '*': { paths: { '*': ({ path }) => showPage(Number(path.slice(1))) } } },
};

function showPage(page: number): Answer {
  const body = PHOTOS[page % PHOTOS.length];
  return page % 9 === 8 || body === undefined ? { status: 404 } : { body };
}

/** A dataset of 40 rows in two shards; keys are 0000000 to 0000019 and 0000100 to 0000119. */
async function useDataset(...shaping: string[]) {
  const web = await useWeb(GALLERY);
  const entries = Array.from(
    { length: 40 },
    (_, page) => [web.box.url(`h${page % 7}.example`, `/${page}`), `picture ${page}`] as const,
  );
  const index = await web.writeIndex(entries);
  const flags = ['--number-sample-per-shard', '20', '--decoders', '1', ...web.reach];
  const download = (...flagsOfTest: string[]) =>
    runCli([index, '--output', web.output, ...flags, ...shaping, ...flagsOfTest]);
  expect((await download()).code).toBe(0);
  web.box.reset();
  /** The report of `verify --json`, with its exit code. */
  const verify = async (...flagsOfTest: string[]): Promise<Report> => {
    const { code, stdout, stderr } = await runCli(['verify', web.output, '--json', ...flagsOfTest]);
    return { code, stderr, ...(JSON.parse(stdout || '{}') as object) };
  };
  return { ...web, index, download, verify };
}

type Report = Readonly<Record<string, unknown>>;

/** Pages requested from the box, in order. */
const pagesAsked = ({
  stats,
}: {
  stats(): { hosts: Readonly<Record<string, { paths: object }>> };
}): number[] =>
  Object.values(stats().hosts)
    .flatMap(({ paths }) => Object.keys(paths).map((path) => Number(path.slice(1))))
    .sort((a, b) => a - b);

const SECOND_SHARD = Array.from({ length: 20 }, (_, at) => 20 + at);

/** Replaces the body of a member and makes all digests match. */
async function replaceMember(output: string, name: string, edit: (body: Buffer) => Buffer): Promise<void> {
  await repack(join(output, '00001.tar'), (members) =>
    members.map((member) => (member.name === name ? { name, body: edit(member.body) } : member)),
  );
  await reseal(output, '00001');
  await refreshLoaderFiles(output, () => {});
}

describe('verify --deep', () => {
  test.each([
    [['--image-size', '64']],
    [['--output-format', 'files', '--encode-format', 'png', '--resize-mode', 'border']],
    [['--encode-format', 'webp', '--image-size', '64']],
    [['--encode-format', 'original']],
  ])('accepts a dataset as written with %j', async (shaping) => {
    const { output } = await useDataset(...shaping);
    const { code, stdout } = await runCli(['verify', output, '--deep', '--decoders', '2']);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(': complete (2 shards'),
    });
  });

  test('accepts bodies that were kept undecoded', async () => {
    const { output } = await useDataset('--disable-all-reencoding');
    expect((await runCli(['verify', output, '--deep'])).code).toBe(0);
  });

  test('reports a truncated image, one of another size and one of another format', async () => {
    const { output } = await useDataset();
    const [torn, other] = ['0000103', '0000105'].map((key) => `${key}.jpg`) as [string, string];
    const tar = join(output, '00001.tar');
    const wide = readMember(tar, '0000101.jpg');
    await replaceMember(output, torn, (body) => body.subarray(0, body.length >> 1));
    await replaceMember(output, other, () => wide);
    const shallow = await runCli(['verify', output]);
    expect(shallow.code).toBe(0);

    const { code, stdout } = await runCli(['verify', output, '--deep', '--json']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      faults: [
        { file: '00001.tar', key: '0000103', fault: 'the image cannot be decoded: Image decoding error' },
        {
          file: '00001.tar',
          key: '0000105',
          fault: expect.stringMatching(/^the image has \d+x\d+ pixels, \d+x\d+ in the metadata$/),
        },
      ],
    });
  });
});

describe('verify against the index', () => {
  test('compares every row with the index that the run read, and says so', async () => {
    const { verify, index } = await useDataset('--image-size', '64');
    expect(await verify()).toMatchObject({
      code: 0,
      indexes: [{ names: [index], rows_compared: 40, not_compared: null }],
    });
  });

  test('reports a row whose metadata, JSON and digests agree but contradict the index', async () => {
    const { verify, output, index } = await useDataset('--image-size', '64');
    const [at, url] = [25, 'https://elsewhere.example/'];
    await rewriteParquet(join(output, '00001.parquet'), (rows) =>
      rows.map((row, position) => (position === at - 20 ? { ...row, url } : row)),
    );
    await replaceMember(output, '0000105.json', (json) =>
      Buffer.from(JSON.stringify({ ...JSON.parse(json.toString()), url })),
    );
    expect(await verify('--index', index)).toMatchObject({
      code: 5,
      faults: [{ file: '00001.parquet', key: '0000105', fault: 'differs from the index in url' }],
      broken_shards: ['00001'],
    });
  });

  test('says why the index was not compared, and refuses a different index', async () => {
    const { verify, index, folder } = await useDataset('--image-size', '64');
    const [moved, other] = [join(folder, 'moved.csv'), join(folder, 'other.csv')];
    await rename(index, moved);
    expect(await verify()).toMatchObject({
      code: 0,
      indexes: [{ rows_compared: 0, not_compared: `'${index}' is not there; name it with --index` }],
    });
    expect(await verify('--index', moved)).toMatchObject({ code: 0, indexes: [{ rows_compared: 40 }] });
    await writeFile(other, (await readFile(moved, 'utf8')).replace('picture 3', 'picture 4'));
    expect(await verify('--index', other)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no run of the dataset used an index with this content'),
    });
    await rename(other, index);
    expect(await verify()).toMatchObject({ code: 0, indexes: [{ not_compared: `'${index}' has changed` }] });
  });

  test.each([['files'], ['none']])(
    'accepts output format %s, pointers to duplicates, bad rows and odd values',
    async (format) => {
      const { box, folder, output, reach } = await useWeb(GALLERY);
      const index = join(folder, 'odd.jsonl');
      const url = box.url('a.example', '/1');
      const rows = [
        { url, caption: 'a \ud800 half', n: 2 ** 53, f: -0, list: [1, null], note: '\ufeffbom' },
        { url, caption: null, n: null, f: 1e300, list: null, note: '' },
        { url: null, caption: 3, n: 1, f: 0.1, list: [], note: null },
      ];
      await writeFile(index, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n{"url": \n`);
      const run = await runCli([
        index,
        '--output',
        output,
        '--output-format',
        format,
        '--dedupe',
        'url',
        ...reach,
      ]);
      expect(run).toMatchObject({ code: 0 });
      const { code, stdout } = await runCli(['verify', output, '--json']);
      expect({ code, faults: JSON.parse(stdout).faults }).toEqual({ code: 0, faults: [] });
      if (format === 'files') expect(JSON.parse(stdout).indexes).toMatchObject([{ rows_compared: 4 }]);
    },
  );
});

describe('verify --repair', () => {
  test('has broken shards recreated byte for byte, and fetches nothing for intact ones', async () => {
    const { verify, output, box, download } = await useDataset('--image-size', '64');
    const whole = digestFiles(output, '.tar');
    await truncate(join(output, '00001.tar'), 3000);
    const before = await stat(join(output, '00000.tar'));
    const { repair, ...report } = await verify('--repair');
    expect(report).toMatchObject({ code: 5, broken_shards: ['00001'] });
    expect(repair).toEqual({
      shards: [{ shard: '00001', action: 'removed' }],
      commands: [
        expect.stringMatching(
          /^laion-fetch .*index\.csv --output .* --number-sample-per-shard 20 --image-size 64( --rights-files '\[\]')?$/,
        ),
      ],
    });
    expect(existsSync(join(output, '00001.tar'))).toBe(false);

    expect((await download()).code).toBe(0);
    expect(pagesAsked(box)).toEqual(SECOND_SHARD);
    expect(digestFiles(output, '.tar')).toEqual(whole);
    expect((await stat(join(output, '00000.tar'))).mtimeMs).toBe(before.mtimeMs);
    expect(await verify('--deep')).toMatchObject({ code: 0, faults: [] });
  });

  test('removes shards with missing or linked files, or with damaged images that only --deep finds', async () => {
    const { verify, output, box, download, folder } = await useDataset('--image-size', '64');
    const whole = digestFiles(output, '.tar');
    await replaceMember(output, '0000103.jpg', (body) => body.subarray(0, body.length >> 1));
    await rename(join(output, '00000.parquet'), join(folder, 'kept.parquet'));
    await symlink(join(folder, 'kept.parquet'), join(output, '00000.parquet'));
    expect(await verify('--repair', '--deep')).toMatchObject({
      repair: {
        shards: [
          { shard: '00000', action: 'removed' },
          { shard: '00001', action: 'removed' },
        ],
      },
    });
    expect(existsSync(join(folder, 'kept.parquet'))).toBe(true);
    expect(await verify('--repair')).toMatchObject({ code: 5, repair: { shards: [] } });
    expect((await download()).code).toBe(0);
    expect(pagesAsked(box)).toHaveLength(40);
    expect(digestFiles(output, '.tar')).toEqual(whole);
    expect((await verify())['code']).toBe(0);
  });

  test('reopens the first of two runs over the same index', async () => {
    const { verify, output, box, download } = await useDataset('--image-size', '64');
    expect((await download('--incremental-mode', 'extend')).code).toBe(0);
    const whole = digestFiles(output, '.tar');
    box.reset();
    await rm(join(output, '00001.tar'));
    expect(await verify('--repair')).toMatchObject({
      repair: { shards: [{ shard: '00001', action: 'removed' }] },
    });
    expect((await download()).code).toBe(0);
    expect(pagesAsked(box)).toEqual(SECOND_SHARD);
    expect(digestFiles(output, '.tar')).toEqual(whole);
    expect((await verify())['code']).toBe(0);
  });

  test('changes nothing in a complete dataset, and nothing while another run holds the folder', async () => {
    const { verify, output } = await useDataset('--image-size', '64');
    const before = digestFiles(output, '');
    expect(await verify('--repair')).toMatchObject({ code: 0, repair: { shards: [], commands: [] } });
    const lock = join(output, '.laion-fetch.lock');
    const holder = { pid: 1, host: 'another machine', startedAt: null };
    await writeFile(lock, JSON.stringify(holder));
    await truncate(join(output, '00001.tar'), 0);
    const held = await verify('--repair');
    expect(held).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('process 1 on another machine is writing there'),
    });
    await rm(lock);
    expect({ ...digestFiles(output, ''), '00001.tar': '' }).toEqual({ ...before, '00001.tar': '' });
  });
});
