import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Answer, WebScript } from '../../support/box/answers.ts';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles, readMetadata, readStats, STATE_FILES } from '../../support/command/read-dataset.ts';

interface Faults {
  /** `down.example` has no address. */
  down: boolean;
  /** `tired.example` answers 503. */
  tired: boolean;
}

/** Pages with images on several hosts. Some hosts fail for as long as the test says; every ninth page is gone. */
function gallery(faults: Faults): WebScript {
  const show = (path: string): Answer => {
    const page = Number(path.slice(1));
    const body = PHOTOS[page % PHOTOS.length];
    return page % 9 === 8 || body === undefined ? { status: 404 } : { body };
  };
  return {
    hosts: {
      '*': { paths: { '*': ({ path }) => show(path) } },
      'down.example': {
        dns: () => (faults.down ? { rcode: 'SERVFAIL' } : { a: ['box'] }),
        paths: { '*': ({ path }) => show(path) },
      },
      'tired.example': {
        paths: { '*': ({ path }) => (faults.tired ? { status: 500 } : show(path)) },
      },
    },
  };
}

const HOSTS = ['a.example', 'down.example', 'b.example', 'tired.example', 'c.example'];

async function useGallery({ rows = 100, format = 'webdataset', faults = { down: true, tired: false } } = {}) {
  const web = await useWeb(gallery(faults));
  const entries = Array.from({ length: rows }, (_, page) => {
    const host = page >= 60 ? 'a.example' : (HOSTS[page % HOSTS.length] ?? '');
    return [web.box.url(host, `/${page}`), `picture, ${page}`] as const;
  });
  const index = await web.writeIndex(entries);
  const fetching = ['--decoders', '1', '--retries', '0', ...web.reach];
  const shaping = ['--number-sample-per-shard', '20', '--image-size', '64', '--output-format', format];
  const download = (output: string, ...more: string[]) =>
    runCli([index, '--output', output, ...shaping, ...fetching, ...more]);
  const retry = (...more: string[]) => runCli(['retry', web.output, ...fetching, ...more]);
  /** The dataset as it would be if nothing had failed. */
  const undisturbed = async (): Promise<string> => {
    const before = { ...faults };
    Object.assign(faults, { down: false, tired: false });
    const folder = join(web.folder, 'undisturbed');
    expect((await download(folder)).code).toBe(0);
    Object.assign(faults, before);
    web.box.reset();
    return folder;
  };
  return { ...web, faults, index, fetching, shaping, download, retry, undisturbed };
}

/** Rows of the metadata without the columns about when and how they were fetched. */
async function lastingMetadata(output: string): Promise<Record<string, unknown>[]> {
  return (await readMetadata(output)).map(({ fetched_at: _at, attempts: _attempts, ...row }) => row);
}

/** Digests of the tars and of the files in the folders of a dataset's shards. */
async function digestSamples(output: string): Promise<Record<string, unknown>> {
  const folders = (await readdir(output)).filter((name) => /^\d+$/.test(name)).sort();
  const inside = folders.map((name) => [name, digestFiles(join(output, name), '')]);
  return {
    ...digestFiles(output, '.tar'),
    ...digestFiles(output, '.tfrecord'),
    ...digestFiles(output, '.mds'),
    ...digestFiles(output, 'index.json'),
    ...Object.fromEntries(inside),
  };
}

/** Paths requested from the box, by host. */
const askedFor = ({ stats }: { stats(): { hosts: Readonly<Record<string, { paths: object }>> } }) =>
  Object.fromEntries(
    Object.entries(stats().hosts).map(([host, { paths }]) => [host, Object.keys(paths).sort()]),
  );

const pagesOf = (host: string): string[] =>
  Array.from({ length: 60 }, (_, page) => `/${page}`)
    .filter((_, page) => HOSTS[page % HOSTS.length] === host)
    .sort();

describe('retry', () => {
  test.each(['webdataset', 'files', 'parquet', 'tfrecord', 'mds'])(
    'restores exactly the rows of a host that was down (%s)',
    async (format) => {
      const { box, faults, output, download, retry, undisturbed } = await useGallery({ format });
      const whole = await undisturbed();
      await download(output);
      const before = await readMetadata(output);
      expect(before.filter((row) => row['failure_code'] === 'dns_failed').length).toBeGreaterThan(0);
      const untouched = ['00003', '00004'];
      const old = Object.fromEntries(
        Object.entries(digestFiles(output, '')).filter(([name]) => untouched.includes(name.slice(0, 5))),
      );
      faults.down = false;
      box.reset();

      const { code, stdout, stderr } = await retry('--json');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({
        rows_wanted: 12,
        rows_tried: 12,
        restored: 11,
        still_failing: { http_404: 1 },
        shards_rewritten: 3,
        shards_unchanged: 0,
        rows: 100,
        failure_codes: { http_404: 11 },
      });
      expect(askedFor(box)).toEqual({ 'down.example': pagesOf('down.example') });
      expect(await digestSamples(output)).toEqual(await digestSamples(whole));
      expect(await lastingMetadata(output)).toEqual(await lastingMetadata(whole));
      const after = await readMetadata(output);
      const isOther = (row: Record<string, unknown>): boolean => !String(row['url']).includes('down.example');
      expect(after.filter(isOther)).toEqual(before.filter(isOther));
      expect(digestFiles(output, '')).toMatchObject(old);
      expect((await runCli(['verify', output])).stdout).toContain('complete (5 shards, 100 rows');
      const hasLoaderFiles = ['webdataset', 'files', 'mds'].includes(format);
      expect((await readdir(join(output, '.laion-fetch'))).sort()).toEqual(
        STATE_FILES.filter((name) => hasLoaderFiles || name !== 'loader-files.json'),
      );

      const again = await retry();
      expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing to retry') });
    },
  );

  test('retries only the named classes', async () => {
    const { box, faults, output, download, retry } = await useGallery({
      faults: { down: true, tired: true },
    });
    await download(output);
    Object.assign(faults, { down: false, tired: false });
    box.reset();
    expect((await retry('--class', 'http_500,timeout')).code).toBe(0);
    expect(askedFor(box)).toEqual({ 'tired.example': pagesOf('tired.example') });
    const failed = (await readMetadata(output)).map((row) => row['failure_code']);
    expect(failed).toContain('dns_failed');
    expect(failed).not.toContain('http_500');
    box.reset();
    expect((await retry('--class', 'all', '--fail-under', '0.99')).code).toBe(5);
    expect(Object.keys(askedFor(box))).toContain('down.example');
    expect((await readStats(output))['failure_codes']).toEqual({ http_404: 2 });
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('tries hosts again that the download had abandoned', async () => {
    const { box, faults, output, download, retry } = await useGallery({ rows: 20 });
    await download(output);
    const closed = { code: 'host_dead', cause: 'dns_failed', until: Date.now() + 1_800_000 };
    const hosts = [{ host: 'down.example', closed, intervalMs: 0, meanMs: null }];
    await writeFile(join(output, '.laion-fetch', 'hosts.json'), JSON.stringify({ format: 1, hosts }));
    faults.down = false;
    box.reset();
    expect((await retry()).code).toBe(0);
    expect(askedFor(box)).toEqual({ 'down.example': ['/1', '/11', '/16', '/6'] });
    expect(readStats(output)['failure_codes']).toEqual({ http_404: 2 });
  });

  test('records insecure TLS in the manifest', async () => {
    const { faults, output, index, box, shaping, retry } = await useGallery({ rows: 20 });
    const manners = [
      '--decoders',
      '1',
      '--retries',
      '0',
      '--resolver',
      box.dns,
      '--allow-private',
      '127.0.0.0/8',
    ];
    await runCli([index, '--output', output, ...shaping, ...manners]);
    const insecure = async (): Promise<boolean> => {
      const text = await readFile(join(output, '.laion-fetch', 'manifest.json'), 'utf8');
      return (JSON.parse(text) as { runs: [{ insecureTls: boolean }] }).runs[0].insecureTls;
    };
    expect(await insecure()).toBe(false);
    faults.down = false;
    await retry();
    expect(await insecure()).toBe(true);
  });

  test('leaves shards unchanged whose rows fail as before, and says so', async () => {
    const { output, download, retry } = await useGallery();
    await download(output);
    const before = digestFiles(output, '');
    const { code, stderr } = await retry('--class', 'http_404');
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /retried +10\b[\s\S]*restored +0\b[\s\S]*0 shards rewritten in .*, 5 unchanged/,
      ),
    });
    expect(digestFiles(output, '')).toEqual(before);
  });

  test('takes the options of the dataset from the dataset, run by run', async () => {
    const { faults, folder, index, output, fetching, download, retry } = await useGallery({ rows: 40 });
    const extension = [
      '--incremental-mode',
      'extend',
      '--image-size',
      '32',
      '--encode-format',
      'png',
      '--number-sample-per-shard',
      '25',
    ];
    await download(output);
    expect((await runCli([index, '--output', output, ...fetching, ...extension])).code).toBe(0);
    faults.down = false;
    const whole = join(folder, 'whole');
    await download(whole);
    expect((await runCli([index, '--output', whole, ...fetching, ...extension])).code).toBe(0);

    expect((await retry()).code).toBe(0);
    expect(digestFiles(output, '.tar')).toEqual(digestFiles(whole, '.tar'));
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('keeps regions blurred if their column was copied', async () => {
    const { box, faults, folder, output, fetching, retry } = await useGallery();
    const index = join(folder, 'boxes.jsonl');
    const lines = [...Array(7).keys()].map((page) =>
      JSON.stringify({
        url: box.url('down.example', `/${page}`),
        faces: page % 2 === 0 ? [[0.1, 0.1, 0.8, 0.8]] : null,
      }),
    );
    await writeFile(index, lines.join('\n'));
    const flags = ['--bbox-col', 'faces', '--image-size', '64', ...fetching];
    await runCli([index, '--output', output, ...flags]);
    faults.down = false;
    const whole = join(folder, 'whole');
    await runCli([index, '--output', whole, ...flags]);
    expect((await retry()).code).toBe(0);
    expect(readStats(output)['successes']).toBe(7);
    expect(digestFiles(output, '.tar')).toEqual(digestFiles(whole, '.tar'));
  });

  test('leaves every shard complete when interrupted, and continues when called again', async () => {
    const { faults, output, fetching, download, retry, undisturbed } = await useGallery();
    const whole = await undisturbed();
    await download(output);
    faults.down = false;
    const run = spawnCli(['retry', output, ...fetching, '--per-host-rate', '4', '--log-level', 'info']);
    await run.shows('shard written');
    run.kill('SIGINT');
    const { code, stderr } = await run.result;
    expect(code).toBe(130);
    expect(stderr).toContain('the same command resumes');
    expect((await runCli(['verify', output])).code).toBe(0);
    expect(digestFiles(output, '.tar')).not.toEqual(digestFiles(whole, '.tar'));
    expect((await retry()).code).toBe(0);
    expect(digestFiles(output, '.tar')).toEqual(digestFiles(whole, '.tar'));
  });
});

describe('a back-fill interrupted by a crash', () => {
  const NAMES = ['.tar', '.idx', '.tar.idx', '.parquet', '.sha256', '_stats.json'].map(
    (suffix) => `00000${suffix}`,
  );

  /** A dataset as a crash leaves it after this many moves of a back-fill. */
  async function useCrash(moves: number) {
    const gallery = await useGallery({ rows: 20 });
    const { faults, folder, output, download, retry } = gallery;
    await download(output);
    const old = join(folder, 'old');
    await cp(output, old, { recursive: true });
    faults.down = false;
    expect((await retry()).code).toBe(0);
    const whole = digestFiles(output, '');
    const pending = join(output, '.laion-fetch', 'backfill');
    await mkdir(pending);
    for (const name of NAMES.slice(moves)) {
      await rename(join(output, name), join(pending, name));
      await cp(join(old, name), join(output, name));
    }
    const commit = () => writeFile(join(pending, 'commit.json'), JSON.stringify({ format: 1, names: NAMES }));
    return { ...gallery, old, pending, whole, commit };
  }

  // test/output/store/commit-together.test.ts goes through the moves one by one.
  test.each([0, 3])('in the middle, after %i moves, is finished by the next command', async (moves) => {
    const { box, output, pending, whole, commit, download, retry } = await useCrash(moves);
    await commit();
    const verified = await runCli(['verify', output]);
    expect(verified).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('a back-fill is not finished'),
    });
    box.reset();
    const run = moves % 2 === 0 ? await retry() : await download(output);
    expect(run.code).toBe(0);
    expect(box.stats().hosts).toEqual({});
    expect(digestFiles(output, '')).toEqual(whole);
    expect(existsSync(pending)).toBe(false);
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test.each(['retry', 'download'])('before its commit is discarded by the next %s', async (command) => {
    const { output, old, pending, whole, download, retry } = await useCrash(0);
    const verified = await runCli(['verify', output]);
    expect(verified).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('was left by an interrupted run'),
    });
    const run = command === 'retry' ? await retry() : await download(output);
    expect(run.code).toBe(0);
    expect(existsSync(pending)).toBe(false);
    const expected = command === 'retry' ? whole : digestFiles(old, '');
    expect(digestFiles(output, '.tar')).toEqual({ '00000.tar': expected['00000.tar'] });
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('by SIGKILL at any moment leaves the old shards or the new ones, never a mixture', async () => {
    const { faults, output, fetching, download, retry, undisturbed } = await useGallery();
    const whole = await undisturbed();
    await download(output);
    faults.down = false;
    const run = spawnCli(['retry', output, ...fetching, '--log-level', 'info']);
    await run.shows('shard written');
    run.kill('SIGKILL');
    await run.result;
    expect((await retry()).code).toBe(0);
    expect(digestFiles(output, '.tar')).toEqual(digestFiles(whole, '.tar'));
    expect((await runCli(['verify', output])).code).toBe(0);
  });
});

describe('retry refuses', () => {
  test.each([
    [['--output-format', 'none'], '--output-format none'],
    [['--verify-hash', 'caption:md5'], '--verify-hash'],
  ])('a dataset of %j, which lacks what it needs', async (flags, reason) => {
    const { box, output, download, retry } = await useGallery({ rows: 20 });
    await download(output, ...flags);
    box.reset();
    const before = digestFiles(output, '');
    const { code, stderr } = await retry();
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
    expect(box.stats().hosts).toEqual({});
    expect(digestFiles(output, '')).toEqual(before);
  });

  test('a dataset whose download is not finished', async () => {
    const { output, download, retry } = await useGallery({ rows: 20 });
    await download(output);
    const path = join(output, '.laion-fetch', 'manifest.json');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    manifest.runs[0].finished = null;
    await writeFile(path, JSON.stringify(manifest));
    const { code, stderr } = await retry();
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not finished; finish it first'),
    });
  });

  test('shards without a manifest', async () => {
    const { output, download, retry } = await useGallery({ rows: 20 });
    await download(output);
    await rm(join(output, '.laion-fetch'), { recursive: true });
    const { code, stderr } = await retry();
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('no manifest') });
    expect(existsSync(join(output, '.laion-fetch.lock'))).toBe(false);
  });
});
