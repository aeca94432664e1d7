import { existsSync, readdirSync, statSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Answer, WebScript } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles, readMetadata, STATE_FILES } from '../../support/command/read-dataset.ts';

/** Every page shows the same image, except every ninth, which is gone. */
const GALLERY: WebScript = {
  hosts: { '*': { paths: { '*': ({ path }) => showPage(Number(path.slice(1))) } } },
};

function showPage(page: number): Answer {
  const body = PHOTOS[page % PHOTOS.length];
  return page % 9 === 8 || body === undefined ? { status: 404 } : { body };
}

async function useGallery(rows: number) {
  const web = await useWeb(GALLERY);
  const entries = Array.from(
    { length: rows },
    (_, i) => [web.box.url(`h${i % 7}.example`, `/${i}`), `picture ${i}`] as const,
  );
  const index = await web.writeIndex(entries);
  const flags = ['--number-sample-per-shard', '20', '--image-size', '64', '--decoders', '1', ...web.reach];
  return { ...web, index, flags };
}

describe('an interrupted run', () => {
  test('by SIGKILL, again and again, ends with the tars of an undisturbed run, byte for byte', async () => {
    const { index, flags, output, folder } = await useGallery(160);
    const undisturbed = join(folder, 'undisturbed');
    expect((await runCli([index, '--output', undisturbed, ...flags])).code).toBe(0);

    for (let kill = 0; kill < 3; kill += 1) {
      const run = spawnCli([index, '--output', output, ...flags, '--log-level', 'info']);
      await run.shows('shard written');
      run.kill('SIGKILL');
      expect(await run.result).toMatchObject({ signal: 'SIGKILL' });
    }
    expect(Object.keys(digestFiles(output, '_stats.json')).length).toBeLessThan(8);
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    expect(digestFiles(output, '.tar')).toEqual(digestFiles(undisturbed, '.tar'));
    expect((await readMetadata(output)).length).toBe(160);
    expect((await runCli(['verify', output])).code).toBe(0);
    // A start that is killed within seconds records no throughput, nor does one that finds every row settled.
    const lasting = (names: readonly string[]) => names.filter((name) => name !== 'throughput.json');
    expect(lasting(readdirSync(join(output, '.laion-fetch')).sort())).toEqual(lasting(STATE_FILES));
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s leaves whole shards, exits with %i and resumes', async (signal, exitCode) => {
    const { index, flags, output } = await useGallery(160);
    const run = spawnCli([index, '--output', output, ...flags, '--log-level', 'info']);
    await run.shows('shard written');
    run.kill(signal);
    const { code, stderr } = await run.result;
    expect(code).toBe(exitCode);
    expect(stderr).toContain('the same command resumes');
    for (const name of Object.keys(digestFiles(output, '.tar'))) {
      expect(existsSync(join(output, name.replace('.tar', '_stats.json')))).toBe(true);
    }
    expect((await runCli(['verify', output])).stdout).toContain('the run is not finished');
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    expect((await runCli(['verify', output])).code).toBe(0);
  });
});

describe('a second run on a folder', () => {
  test('of the same index requests nothing again', async () => {
    const { index, flags, output, box } = await useGallery(40);
    await runCli([index, '--output', output, ...flags]);
    box.reset();
    const { code, stdout } = await runCli([index, '--output', output, ...flags, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 40, shards_before: 2, shards_written: 0 });
    expect(box.stats().hosts).toEqual({});
  });

  test('of another index or other options is refused, and the difference is named', async () => {
    const { index, flags, output, folder } = await useGallery(20);
    await runCli([index, '--output', output, ...flags]);
    const before = digestFiles(output, '');
    const other = await runCli([index, '--output', output, ...flags, '--image-size', '32']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(/^laion-fetch: Cannot resume in .*--image-size was 64, now it is 32; .*\n$/);

    const changed = join(folder, 'changed.csv');
    await writeFile(changed, (await readFile(index, 'utf8')).replace('picture 3', 'picture 4'));
    const { code, stderr } = await runCli([changed, '--output', output, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(`the content of '${changed}' has changed`);
    expect(digestFiles(output, '')).toEqual(before);
  });

  test('may change options that do not shape the dataset', async () => {
    const { index, flags, output } = await useGallery(20);
    await runCli([index, '--output', output, ...flags]);
    const { code } = await runCli([
      index,
      '--output',
      output,
      ...flags,
      '--concurrency',
      '3',
      '--retries',
      '0',
    ]);
    expect(code).toBe(0);
  });

  test('with overwrite recreates the dataset and leaves foreign files alone', async () => {
    const { index, flags, output } = await useGallery(40);
    await runCli([index, '--output', output, ...flags]);
    await writeFile(join(output, 'notes.txt'), 'mine');
    const short = ['--limit', '20', '--incremental-mode', 'overwrite'];
    expect((await runCli([index, '--output', output, ...flags, ...short])).code).toBe(0);
    expect(readdirSync(output).sort()).toEqual(
      [
        ...['.laion-fetch', '.nv-meta', 'README.md', 'croissant.json', 'shardindex.json', 'sizes.json'],
        ...['.idx', '.parquet', '.sha256', '.tar', '.tar.idx', '_stats.json'].map(
          (suffix) => `00000${suffix}`,
        ),
        'notes.txt',
      ].sort(),
    );
  });

  test('with extend adds shards under new numbers', async () => {
    const { index, flags, output } = await useGallery(30);
    await runCli([index, '--output', output, ...flags]);
    const first = digestFiles(output, '.tar');
    expect((await runCli([index, '--output', output, ...flags, '--incremental-mode', 'extend'])).code).toBe(
      0,
    );
    const tars = digestFiles(output, '.tar');
    expect(Object.keys(tars)).toEqual(['00000.tar', '00001.tar', '00002.tar', '00003.tar']);
    expect(tars).toMatchObject(first);
    const keys = (await readMetadata(output)).map((row) => row['key']);
    expect(new Set(keys).size).toBe(60);
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('is refused while the first is still writing', async () => {
    const { index, flags, output } = await useGallery(160);
    const first = spawnCli([index, '--output', output, ...flags, '--log-level', 'info']);
    await first.shows('run started');
    const { code, stderr } = await runCli([index, '--output', output, ...flags]);
    expect({ code, stderr }).toMatchObject({
      code: 7,
      stderr: expect.stringMatching(/process \d+ on .* is writing there/),
    });
    expect((await first.result).code).toBe(0);
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('recreates a shard that has lost a file', async () => {
    const { index, flags, output } = await useGallery(40);
    await runCli([index, '--output', output, ...flags]);
    const whole = digestFiles(output, '.tar');
    await rm(join(output, '00001.tar'));
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    expect(digestFiles(output, '.tar')).toEqual(whole);
  });

  test('never overwrites an index or a foreign file that has the name of a shard', async () => {
    const { index, flags, output } = await useGallery(20);
    await mkdir(output);
    const inside = join(output, '00000.parquet');
    await writeFile(inside, 'precious');
    for (const mode of ['incremental', 'overwrite', 'extend']) {
      const { code, stderr } = await runCli([
        index,
        '--output',
        output,
        ...flags,
        '--incremental-mode',
        mode,
      ]);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('00000.parquet') });
    }
    expect(await readFile(inside, 'utf8')).toBe('precious');

    await copyFile(index, inside);
    const own = await runCli([inside, '--input-format', 'csv', '--output', output, ...flags]);
    expect(own).toMatchObject({ code: 2, stderr: expect.stringContaining('has the name of a shard') });
    expect(await readFile(inside)).toEqual(await readFile(index));
  });

  test('loses nothing to overwrite where a killed img2dataset left finished and unfinished shards', async () => {
    const { index, flags, output } = await useGallery(20);
    await mkdir(output);
    const names = ['00000.tar', '00000.parquet', '00000_stats.json', '00001.parquet'];
    for (const name of names) await writeFile(join(output, name), '{}');
    const overwrite = ['--output', output, ...flags, '--incremental-mode', 'overwrite'];
    const { code, stderr } = await runCli([index, ...overwrite]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("'00001.parquet'") });
    expect(
      readdirSync(output)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(names.sort());

    await rm(join(output, '00001.parquet'));
    expect((await runCli([index, ...overwrite])).code).toBe(0);
    expect(statSync(join(output, '00000.tar')).size).toBeGreaterThan(1000);
  });

  test('that contains shards of img2dataset is refused until the user says what to do', async () => {
    const { index, flags, output } = await useGallery(20);
    await mkdir(output);
    for (const name of ['00004_stats.json', '00004.tar', '00004.parquet'])
      await writeFile(join(output, name), '{}');
    expect(await runCli([index, '--output', output, ...flags])).toMatchObject({ code: 2 });
    expect((await runCli([index, '--output', output, ...flags, '--incremental-mode', 'extend'])).code).toBe(
      0,
    );
    expect(existsSync(join(output, '00005.tar'))).toBe(true);
  });
});
