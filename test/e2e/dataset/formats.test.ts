import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PHOTOS } from '../../support/box/photos.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';

const PYTHON = process.env['LAION_FETCH_PYTHON'] ?? 'python3';
const COMPARE = fileURLToPath(new URL('../../independent/compare_formats.py', import.meta.url));

const FORMATS = ['webdataset', 'parquet', 'tfrecord', 'mds'];

const canCompare = (() => {
  try {
    execFileSync(PYTHON, ['-c', 'import pyarrow, tfrecord'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** An index with columns of every kind that a format must keep, two of them with the names of a format's own. */
async function usePages(rows = 30) {
  const web = await useWeb({
    hosts: {
      '*': {
        paths: {
          '*': ({ path }) => {
            const body = PHOTOS[Number(path.slice(1)) % PHOTOS.length];
            return Number(path.slice(1)) % 7 === 6 || body === undefined ? { status: 404 } : { body };
          },
        },
      },
    },
  });
  const index = join(web.folder, 'index.jsonl');
  const lines = Array.from({ length: rows }, (_, page) =>
    JSON.stringify({
      url: web.box.url('a.example', `/${page}`),
      caption: page % 3 === 0 ? null : `Bild ${page} 🖼`,
      similarity: page % 4 === 0 ? null : page / 7,
      count: page % 5 === 0 ? null : page - 10,
      large: 2 ** 52 + page,
      isSafe: page % 2 === 0,
      tags: ['a', `b${page}`],
      numbers: [page, -1],
      jpg: `a column of the index ${page}`,
      txt: 'another',
    }),
  );
  await writeFile(index, lines.join('\n'));
  const flags = ['--number-sample-per-shard', '12', '--image-size', '64', '--decoders', '1', ...web.reach];
  const download = (name: string, ...more: string[]) =>
    runCli([index, '--output', join(web.folder, name), ...flags, ...more]);
  return { ...web, download };
}

describe.skipIf(!canCompare)('parquet, tfrecord and mds', () => {
  test.each([
    ['jpg', []],
    ['webp', ['--encode-format', 'webp']],
  ])(
    'hold what tars hold, as others read them (%s)',
    async (_name, more) => {
      const { folder, download } = await usePages();
      for (const format of FORMATS) {
        const { code, stderr } = await download(format, '--output-format', format, ...more);
        expect({ code, stderr: stderr.includes('success') }).toEqual({ code: 0, stderr: true });
      }
      const folders = FORMATS.map((name) => join(folder, name));
      const said = execFileSync(PYTHON, [COMPARE, ...folders], { encoding: 'utf8' });
      expect(said).toBe('26 samples\n');
    },
    180_000,
  );
});

/** A lost or outdated `index.json` is found and written again. */
async function checkIndex(output: string): Promise<void> {
  const index = join(output, 'index.json');
  const content = await readFile(index, 'utf8');
  for (const damage of [() => rm(index), () => writeFile(index, '{"shards": [], "version": 2}')]) {
    await damage();
    const found = await runCli(['verify', output]);
    expect(found).toMatchObject({ code: 5 });
    expect(found.stdout).toContain('index.json');
    await rm(index, { force: true });
    await runCli(['verify', output, '--repair']);
    expect(await readFile(index, 'utf8')).toBe(content);
  }
}

describe.each(['parquet', 'tfrecord', 'mds'])('the format %s', (format) => {
  const ending = `.${format}`;

  test('is made again to the byte, verified deeply, and repaired', async () => {
    const { folder, download } = await usePages();
    const flags = ['--output-format', format];
    for (const name of ['one', 'other']) expect((await download(name, ...flags)).code).toBe(0);
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    if (format !== 'parquet') expect(digestFiles(other, ending)).toEqual(digestFiles(one, ending));
    const whole = await runCli(['verify', one, '--deep']);
    expect(whole).toMatchObject({ code: 0 });

    const file = join(one, `00001${ending}`);
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(file, bytes);
    expect((await runCli(['verify', one])).code).toBe(5);
    await runCli(['verify', one, '--repair']);
    expect(await readdir(one)).not.toContain('00001_stats.json');
    expect((await download('one', ...flags)).code).toBe(0);
    expect((await runCli(['verify', one, '--deep'])).code).toBe(0);
    if (format === 'mds') await checkIndex(one);
    if (format !== 'parquet') expect(digestFiles(one, ending)).toEqual(digestFiles(other, ending));
  }, 180_000);

  test('is removed with its dataset by overwrite, and refused by another format', async () => {
    const { folder, download } = await usePages(5);
    expect((await download('one', '--output-format', format)).code).toBe(0);
    const mixed = await download('one', '--output-format', 'webdataset');
    expect(mixed.code).toBe(2);
    expect(mixed.stderr).toContain('--output-format');
    expect((await download('one', '--incremental-mode', 'overwrite', '--no-loader-files')).code).toBe(0);
    expect((await readdir(join(folder, 'one'))).sort()).toEqual(
      ['.laion-fetch', '00000.parquet', '00000.sha256', '00000.tar', '00000_stats.json'].sort(),
    );
  }, 180_000);
});
