import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runSql } from '../../inputs/files.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

const IMAGE = { body: { fixture: 'images/tiny.jpg' } } as const;

test('plan, inspect and download say which values rows lose, and every row is fetched', async () => {
  const { box, folder, output, reach } = await useWeb({ hosts: { '*': { paths: { '*': IMAGE } } } });
  const index = join(folder, 'index.jsonl');
  const lines = Array.from({ length: 1002 }, (_, row) => {
    const score = row < 1000 ? 1 : row === 1000 ? 1.5 : Number.NaN;
    return `{"url": "${box.url('a.example', `/${row % 3}`)}", "score": ${score}}\n`;
  });
  await writeFile(index, lines.join(''));
  const says = /index\.jsonl', line 1001: expected int64 in the column 'score'.*such values are null/;
  const once = ['--dedupe', 'url'];
  for (const args of [
    ['plan', index],
    ['inspect', index],
    [index, '--output', output, ...once, ...reach],
  ]) {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(0);
    expect(stderr).toMatch(says);
  }
  const rows = await readMetadata(output);
  expect(rows).toHaveLength(1002);
  expect(rows.filter(({ failure_code: code }) => code === 'bad_row')).toEqual([]);
  expect(rows.slice(999).map(({ score }) => score)).toEqual(['1', null, null]);
});

test('images embedded beside their URLs cost no row, and a plan says so', async () => {
  const { box, folder, output, reach } = await useWeb({ hosts: { '*': { paths: { '*': IMAGE } } } });
  const index = join(folder, 'index.parquet');
  await runSql(
    `COPY (SELECT {'bytes': repeat('x', CASE WHEN i % 2 = 0 THEN 300000 ELSE 1 END)::BLOB, 'path': NULL::VARCHAR} AS image,
      '${box.url('a.example', '/')}' || i AS url FROM range(4) t(i)) TO '${index}' (FORMAT parquet)`,
  );
  const says = /these columns have large ones: 'image'; leave them out with --columns/;
  const { stderr } = await runCli(['plan', index]);
  expect(stderr).toMatch(says);
  const run = await runCli([index, '--output', output, ...reach]);
  expect(run.code).toBe(0);
  expect(run.stderr).toMatch(says);
  const rows = await readMetadata(output);
  expect(rows.map(({ status }) => status)).toEqual(['success', 'success', 'success', 'success']);
});
