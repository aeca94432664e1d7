import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../support/command/cli.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const PLAIN = {
  distributor: 'pyspark',
  words: ['a.parquet', '--output=o'],
  master: null,
  address: null,
  shards_of_part: 100,
  at_once: null,
  incremental_mode: 'incremental',
  decoders: null,
  progress: 'lines',
  json: false,
};

/** Runs the command with a Python that lacks these packages, and prints what its driver is given. */
async function drive(line: readonly string[], { missing = '', exitCode = 0 } = {}) {
  const folder = await useTempFolder();
  const python = join(folder, 'python');
  const driver = `printf '%s' "$3"; exit ${exitCode}`;
  await writeFile(python, `#!/bin/sh\nif [ "$1" = -c ]; then echo '${missing}'; else ${driver}; fi\n`, {
    mode: 0o755,
  });
  const env = { LAION_FETCH_PYTHON: python, LAION_FETCH_DECODERS: '' };
  const run = await runCli(line, { cwd: folder, env });
  expect(existsSync(join(folder, 'o'))).toBe(false);
  return { ...run, job: run.code === 0 ? JSON.parse(run.stdout) : null };
}

const LINE = ['a.parquet', '--output', 'o', '--distributor', 'pyspark'];

describe('--distributor', () => {
  test.each<[string, string[], object]>([
    ['a plain line', LINE, PLAIN],
    [
      'every option of the driver',
      [
        ...['a.parquet', 'b.parquet', '--output', 'o', '--distributor', 'ray', '--address', 'auto'],
        ...['--subjob-size', '7', '--parts-at-once', '3', '--decoders', '2', '--json', '--quiet'],
      ],
      {
        ...PLAIN,
        distributor: 'ray',
        words: ['a.parquet', 'b.parquet', '--output=o', '--decoders=2'],
        address: 'auto',
        shards_of_part: 7,
        at_once: 3,
        decoders: 2,
        progress: 'none',
        json: true,
      },
    ],
    [
      "a line of img2dataset's",
      ['--url_list=a.parquet', '--output_folder=o', '--distributor=pyspark', '--subjob_size=1000'],
      { ...PLAIN, words: [...PLAIN.words, '--preset=img2dataset'], shards_of_part: 1000 },
    ],
    [
      'a dataset to be replaced, which only the driver does',
      [...LINE, '--incremental-mode', 'overwrite'],
      { ...PLAIN, incremental_mode: 'overwrite' },
    ],
    [
      'a master',
      [...LINE, '--master', 'local[4]', '--progress', 'json'],
      { ...PLAIN, master: 'local[4]', progress: 'json' },
    ],
  ])('starts the driver of the Python package: %s', async (_, line, job) => {
    expect((await drive(line)).job).toEqual(job);
  });

  test('ends as the driver does', async () => {
    expect(await drive(LINE, { exitCode: 4 })).toMatchObject({ code: 4 });
  });

  test('says how to install what is missing', async () => {
    const lacking = await drive(LINE, { missing: 'laion_fetch pyspark' });
    expect(lacking).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("pip install 'laion-fetch[pyspark]'"),
    });
    const env = { LAION_FETCH_PYTHON: '/nowhere/python' };
    const none = await runCli(LINE, { env });
    expect(none).toMatchObject({ code: 6, stderr: expect.stringContaining("no Python '/nowhere/python'") });
  });

  test.each([
    [['--part', '1/2'], '--part'],
    [['--begin-only'], '--begin-only'],
    [['--distributor', 'dask'], 'pyspark'],
  ])('%j is a mistake', async (more, said) => {
    expect(await runCli([...LINE, ...more])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(said),
    });
  });
});
