import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runSql } from '../../inputs/files.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

// Decoders and threads run what was built.
const BUILT = new URL('../../../dist/index.js', import.meta.url).href;
const { download, plan } = (await import(BUILT)) as typeof import('../../../src/index.ts');

/** Nothing is asked for: every row fails since its scheme is not requested. */
const query = (name: string, columns: string) =>
  `SELECT 'ftp://a.test/${name}' || i AS url, ${columns} FROM range(200) t(i)`;

async function makeIndex(): Promise<string> {
  const folder = join(await useTempFolder(), 'index');
  await mkdir(join(folder, 'lang=de'), { recursive: true });
  await mkdir(join(folder, 'lang=en'));
  const [de, en] = [join(folder, 'lang=de'), join(folder, 'lang=en')];
  await runSql(
    `COPY (${query('a', 'i AS n')}) TO '${de}/1.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    `COPY (${query('b', "i AS n, 'x' AS site")}) TO '${de}/2.csv' (FORMAT csv)`,
    `COPY (${query('c', 'i::DOUBLE AS n')}) TO '${en}/3.parquet' (FORMAT parquet)`,
    `COPY (${query('d', 'i AS n')}) TO '${en}/4.jsonl' (FORMAT json)`,
  );
  return folder;
}

test.each([
  ['--where', { where: "n % 3 = 0 AND (lang = 'en' OR site = 'x' OR n < 100)" }, 34 + 67 * 3],
  ['--sample', { where: 'n >= 20', sample: 0.3, seed: 5 }, null],
])('a resume with %s ends as if there had been no interrupt', async (_, selection, expected) => {
  const index = await makeIndex();
  const output = join(await useTempFolder(), 'dataset');
  const options = { index, output, numberSamplePerShard: 20, decoders: 1, ...selection };
  const planned = await plan(options);
  expect([planned.ok, (await download(options)).ok]).toEqual([true, true]);
  const rows = await readMetadata(output);
  const counted = 'rows' in planned ? planned.rows : null;
  expect(counted).toBe(rows.length);
  if (expected !== null) expect(counted).toBe(expected);

  const shards = (await readdir(output)).filter((name) => name.endsWith('_stats.json')).sort();
  expect(shards.length).toBeGreaterThan(9);
  for (const name of shards.slice(4)) await rm(join(output, name));
  expect(await download(options)).toMatchObject({ ok: true, shardsBefore: 4 });
  expect(await readMetadata(output)).toEqual(rows);
});
