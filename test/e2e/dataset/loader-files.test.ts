import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { listTar, readMember } from '../../support/command/read-dataset.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const OF_DATASET = [
  ...['README.md', 'croissant.json', 'sizes.json', 'shardindex.json'],
  ...['.nv-meta/.info.json', '.nv-meta/split.yaml', '.nv-meta/dataset.yaml'],
];
/** What img2dataset left when it was killed: shards 0 and 1 of 5 rows each, and a part of shard 2. */
const KILLED = fileURLToPath(new URL('../../../fixtures/img2dataset-killed', import.meta.url));
const ROWS = 24;

/** A web whose every third page is down as long as the test says, and an index with 10 rows for each shard. */
async function useGallery() {
  const faults = { down: true };
  const show = (page: number): Answer => {
    const body = PHOTOS[page % PHOTOS.length];
    return body === undefined || (faults.down && page % 3 === 0) ? { status: 500 } : { body };
  };
  const web = await useWeb({
    hosts: { '*': { paths: { '*': ({ path }) => show(Number(path.slice(1))) } } },
  });
  const index = await web.writeIndex(
    Array.from({ length: ROWS }, (_, page) => [
      web.box.url('a.example', `/${page}`),
      page % 2 ? `row ${page}` : '',
    ]),
  );
  const fetching = ['--decoders', '1', '--retries', '0', ...web.reach];
  const download = (output: string, ...more: string[]) => {
    const shaping = ['--number-sample-per-shard', '10', '--image-size', '48'];
    return runCli([index, '--output', output, ...shaping, ...fetching, ...more]);
  };
  return { ...web, faults, fetching, download };
}

/** The loader files of a dataset, with their content. */
function loaderFiles(output: string): Record<string, string> {
  const names = (readdirSync(output, { recursive: true }) as string[]).filter(
    (name) => name.endsWith('.idx') || name.endsWith('metadata.jsonl') || OF_DATASET.includes(name),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(output, name), 'latin1')]));
}

const json = (output: string, name: string) => JSON.parse(readFileSync(join(output, name), 'utf8'));

/**
 * Compares the indexes of tars with the tars themselves, and `sizes.json` with the indexes. img2dataset's samples begin
 * with a header of their own.
 */
function expectTrueIndexes(output: string, shards: readonly string[], writer = 'laion-fetch'): void {
  for (const shard of shards) {
    const path = join(output, `${shard}.tar`);
    const tar = readFileSync(path);
    const [head, ...lines] = readFileSync(join(output, `${shard}.idx`), 'utf8')
      .trimEnd()
      .split('\n');
    const members = lines
      .flatMap((line) => line.match(/\S+ \S+ \S+ \S+/g) ?? [])
      .map((text) => text.split(' '));
    expect(head).toBe(`v1.2 ${lines.length}`);
    expect(members.map(([, , , name]) => name)).toEqual(listTar(path));
    for (const [extension, offset, bytes, name = ''] of members) {
      expect(name.endsWith(`.${extension}`)).toBe(true);
      const content = tar.subarray(Number(offset), Number(offset) + Number(bytes));
      expect(content.equals(readMember(path, name))).toBe(true);
    }
    const starts = new BigUint64Array(new Uint8Array(readFileSync(join(output, `${shard}.tar.idx`))).buffer);
    const names = [...starts].map(
      (start) => tar.toString('latin1', Number(start), Number(start) + 100).split('\0')[0],
    );
    const images = listTar(path).filter((name) => name.endsWith('.jpg'));
    const firstHeaders = writer === 'img2dataset' ? images.map(() => '././@PaxHeader') : images;
    expect(names).toEqual([...firstHeaders, '']);
    expect(json(output, 'sizes.json')[`${shard}.tar`]).toBe(lines.length);
  }
}

describe('loader files', () => {
  test('tell where each member of each tar is, and how many samples there are', async () => {
    const { output, download } = await useGallery();
    expect((await download(output)).code).toBe(0);
    expectTrueIndexes(output, ['00000', '00001', '00002']);
    const counts = { '00000.tar': 6, '00001.tar': 7, '00002.tar': 3 };
    expect(json(output, 'sizes.json')).toEqual(counts);
    expect(json(output, '.nv-meta/.info.json')).toEqual({ shard_counts: counts });
    expect(json(output, 'shardindex.json')).toMatchObject({
      __kind__: 'wids-shard-index-v1',
      shardlist: Object.entries(counts).map(([url, nsamples]) => ({ url, nsamples })),
    });
    expect(readFileSync(join(output, 'README.md'), 'utf8')).toContain('| 3 | 24 | 16 |');
  });

  test.each(['webdataset', 'files'])(
    'are the same after a resume, a retry and an overwrite (%s)',
    async (format) => {
      const { faults, fetching, folder, output, download } = await useGallery();
      const [whole, shaping] = [join(folder, 'whole'), ['--output-format', format]];
      faults.down = false;
      expect((await download(whole, ...shaping)).code).toBe(0);
      faults.down = true;
      expect((await download(output, ...shaping, '--limit', '10')).code).toBe(0);
      expect((await download(output, ...shaping, '--incremental-mode', 'overwrite')).code).toBe(0);
      const before = loaderFiles(output);
      expect(Object.keys(before)).toEqual(Object.keys(loaderFiles(whole)));

      await rm(join(output, '00001_stats.json'));
      expect((await download(output, ...shaping)).code).toBe(0);
      expect(loaderFiles(output)).toEqual(before);

      faults.down = false;
      expect((await runCli(['retry', output, ...fetching, '--class', 'all'])).code).toBe(0);
      expect(loaderFiles(output)).toEqual(loaderFiles(whole));
      expect((await runCli(['verify', output])).code).toBe(0);
    },
  );

  test('are checked by verify and written again by --repair, without any request', async () => {
    const { box, output, download } = await useGallery();
    await download(output);
    box.reset();
    const whole = loaderFiles(output);
    const broken = {
      '00000.idx': 'missing',
      '00001.tar.idx': 'does not describe the samples',
      'sizes.json': 'is not what laion-fetch wrote',
      'shardindex.json': 'missing',
    };
    const changed = Buffer.from(whole['00001.tar.idx'] ?? '', 'latin1');
    changed.writeUInt8(1, 9);
    await writeFile(join(output, '00001.tar.idx'), changed);
    await rm(join(output, '00000.idx'));
    await rm(join(output, 'shardindex.json'));
    await writeFile(join(output, 'sizes.json'), '{}');
    // Neither what people edit nor files that are not ours are findings.
    await writeFile(join(output, '.nv-meta', 'split.yaml'), 'mine');
    await rm(join(output, 'README.md'));
    await writeFile(join(output, 'notes.json'), '{}');

    const { code, stdout } = await runCli(['verify', output, '--json']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({
      faults: Object.entries(broken).map(([file, fault]) => ({
        file,
        fault: expect.stringContaining(fault),
      })),
      broken_shards: [],
    });
    await rm(join(output, 'sizes.json'));
    const repaired = await runCli(['verify', output, '--repair']);
    expect(repaired.stdout).toContain('shard 00000: its files for loaders were written again');
    expect(repaired.stdout).toContain('sizes.json: was written again');
    expect(loaderFiles(output)).toEqual({ ...whole, '.nv-meta/split.yaml': 'mine' });
    expect((await runCli(['verify', output])).code).toBe(0);
    expect(box.stats().hosts).toEqual({});
  });

  test('leave files alone that are not theirs, with a notice', async () => {
    const { output, download } = await useGallery();
    await mkdir(output);
    await writeFile(join(output, 'README.md'), 'mine');
    const { code, stderr } = await download(output);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("'README.md' was written or edited by somebody else"),
    });
    expect((await download(output, '--limit', '5', '--incremental-mode', 'overwrite')).code).toBe(0);
    expect(await readFile(join(output, 'README.md'), 'utf8')).toBe('mine');
    expect(json(output, 'sizes.json')).toEqual({ '00000.tar': 3 });
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('are extended, and removed with the dataset', async () => {
    const { output, download } = await useGallery();
    await download(output, '--limit', '10');
    expect((await download(output, '--incremental-mode', 'extend', '--columns', 'none')).code).toBe(0);
    expect(Object.keys(json(output, 'sizes.json'))).toEqual([
      '00000.tar',
      '00001.tar',
      '00002.tar',
      '00003.tar',
    ]);
    const plain = ['--no-loader-files', '--incremental-mode', 'overwrite'];
    expect((await download(output, ...plain)).code).toBe(0);
    expect(loaderFiles(output)).toEqual({});
    expect(existsSync(join(output, '.nv-meta'))).toBe(false);
  });

  test('describe the shards of img2dataset that adopt takes over', async () => {
    const folder = await useTempFolder();
    const output = join(folder, 'out');
    await cp(KILLED, folder, { recursive: true });
    const options = ['--number-sample-per-shard', '5', '--image-size', '32', '--caption-col', 'caption'];
    const columns = ['--columns', 'similarity,pwatermark', '--loader-files'];
    const adopted = await runCli([
      'adopt',
      output,
      '--input',
      join(folder, 'index.parquet'),
      ...options,
      ...columns,
    ]);
    expect(adopted).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('adopted 2 shards, 10 rows, 8 samples'),
    });
    expectTrueIndexes(output, ['00000', '00001'], 'img2dataset');
    expect(json(output, 'sizes.json')).toEqual({ '00000.tar': 4, '00001.tar': 4 });
    expect(readFileSync(join(output, 'README.md'), 'utf8')).toContain('| 2 | 10 | 8 |');
  });

  test("are not written for img2dataset's command lines and statistics alone", async () => {
    const { folder, download } = await useGallery();
    for (const [name, ...shaping] of [
      ['old', '--preset', 'img2dataset'],
      ['none', '--output-format', 'none'],
    ] as const) {
      expect((await download(join(folder, name), ...shaping)).code).toBe(0);
      expect(loaderFiles(join(folder, name))).toEqual({});
      expect((await runCli(['verify', join(folder, name)])).code).toBe(0);
    }
  });

  test('name the images of a folder with their captions', async () => {
    const { output, download } = await useGallery();
    await download(output, '--output-format', 'files');
    const lines = readFileSync(join(output, '00000', 'metadata.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const images = readdirSync(join(output, '00000')).filter((name) => name.endsWith('.jpg'));
    const read = lines.map((line) => JSON.parse(line));
    expect(read.map(({ file_name }) => file_name)).toEqual(images.sort());
    expect(read[0]).toMatchObject({ key: '000001', text: 'row 1', width: expect.any(Number) });
    expect(Object.values(read.flatMap(Object.values))).not.toContain(null);
    execFileSync('sha256sum', ['--check', '--quiet', '00000.sha256'], { cwd: output });
  });

  test('describe every file of a shard that --max-shard-bytes divides; resume, retry and repair keep them', async () => {
    const { folder, output, faults, fetching, download } = await useGallery();
    const limit = ['--max-shard-bytes', '20KiB'];
    expect((await download(output, ...limit)).code).toBe(0);
    const tarsOf = (path: string) =>
      readdirSync(path)
        .filter((name) => name.endsWith('.tar'))
        .sort();
    const tars = tarsOf(output);
    expect(tars.length).toBeGreaterThan(4);
    expect(tars).toContain('00000_001.tar');
    expect(Object.keys(json(output, 'sizes.json'))).toEqual(tars);
    expect(json(output, '.nv-meta/.info.json').shard_counts).toEqual(json(output, 'sizes.json'));
    const listed = json(output, 'shardindex.json').shardlist as { url: string; filesize: number }[];
    expect(listed.map(({ url }) => url)).toEqual(tars);
    for (const { url, filesize } of listed) expect(readFileSync(join(output, url)).length).toBe(filesize);
    expect((await runCli(['verify', output, '--deep'])).code).toBe(0);

    faults.down = false;
    expect((await runCli(['retry', output, ...fetching])).code).toBe(0);
    const direct = join(folder, 'direct');
    expect((await download(direct, ...limit)).code).toBe(0);
    expect(tarsOf(output)).toEqual(tarsOf(direct));
    for (const name of tarsOf(direct))
      expect(readFileSync(join(output, name)).equals(readFileSync(join(direct, name))), name).toBe(true);
    expect(loaderFiles(output)).toEqual(loaderFiles(direct));

    // A part that is lost, and one that nothing names: neither passes, and both are mended.
    const before = loaderFiles(output);
    await rm(join(output, '00000_001.tar'));
    await writeFile(join(output, '00001_099.tar'), 'left by somebody');
    const found = await runCli(['verify', output]);
    expect(found.code).toBe(5);
    expect(found.stdout).toContain('00000_001.tar');
    expect(found.stdout).toContain('00001_099.tar');
    await runCli(['verify', output, '--repair']);
    expect((await download(output, ...limit)).code).toBe(0);
    expect((await runCli(['verify', output, '--deep'])).code).toBe(0);
    expect(loaderFiles(output)).toEqual(before);

    await rm(join(output, '00001_001.tar'));
    expect((await download(output, ...limit)).code).toBe(0);
    expect(tarsOf(output)).toEqual(tarsOf(direct));
    expect((await download(join(folder, 'no'), ...limit, '--output-format', 'files')).code).toBe(2);
  }, 120_000);
});
