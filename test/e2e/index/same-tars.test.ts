import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { runSql } from '../../inputs/files.ts';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';

const HEADERLESS = ['--header', 'url,caption'];

test('the same rows in any format, through a file or a pipe, make the same tar, byte for byte', async () => {
  const { box, folder, reach } = await useWeb({
    hosts: { '*': { paths: { '*': { body: { fixture: 'images/landscape.jpg' } } } } },
  });
  const urls = Array.from({ length: 4 }, (_, row) => box.url('a.example', `/${row}?a=b`));
  const captions = urls.map((_, row) => `„Über" ${row}, 日本; x|y`);
  const records = urls.map((url, row) => ({ url, caption: captions[row] ?? '' }));
  const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
  const table = (mark: string, header = true) =>
    [
      ...(header ? [['url', 'caption']] : []),
      ...records.map(({ url, caption }) => [quoted(url), quoted(caption)]),
    ]
      .map((fields) => `${fields.join(mark)}\n`)
      .join('');
  const jsonl = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const zstd = join(folder, 'a.csv.zst');
  const parquet = join(folder, 'a.parquet');
  const rows = records.map(({ url, caption }) => `('${url}', '${caption}')`).join(', ');
  const query = `SELECT url, caption FROM (VALUES ${rows}) t(url, caption)`;
  await runSql(
    `COPY (${query}) TO '${parquet}' (FORMAT parquet)`,
    `COPY (${query}) TO '${zstd}' (FORMAT csv, COMPRESSION zstd)`,
  );

  const variants: readonly (readonly [name: string, bytes: string | Uint8Array, ...flags: string[]])[] = [
    ['a.csv', table(',')],
    ['b.csv', table(';')],
    ['c.csv', Buffer.from(`\uFEFF${table('|')}`, 'utf16le')],
    ['d.tsv', table('\t')],
    ['e.csv', table(',', false), ...HEADERLESS],
    ['f.txt', table('\t', false), ...HEADERLESS],
    ['g.jsonl', jsonl],
    ['h.jsonl.gz', gzipSync(jsonl)],
    ['i.json', JSON.stringify(records)],
    ['j.json', JSON.stringify({ url: urls, caption: captions })],
    ['k.json', JSON.stringify({ annotations: records })],
    ['l.arrow', tableToIPC(tableFromArrays({ url: urls, caption: captions }), 'file')],
    ['m.csv.zst', await readFile(zstd)],
    ['n.parquet', await readFile(parquet)],
  ];
  const tarOf = async (name: string, args: readonly string[], stdin?: string): Promise<string> => {
    const output = join(folder, `out-${name}`);
    const done = await runCli([...args, '--output', output, ...reach], stdin === undefined ? {} : { stdin });
    expect(done.code, `${name}: ${done.stderr}`).toBe(0);
    return (await readFile(join(output, '00000.tar'))).toString('base64');
  };
  await mkdir(join(folder, 'in'));
  const expected = await tarOf('stdin.jsonl', ['-'], jsonl);
  expect(await tarOf('stdin.csv', ['-'], table(';'))).toBe(expected);
  // Two at a time: each starts two processes.
  for (let at = 0; at < variants.length; at += 2) {
    const tars = variants.slice(at, at + 2).map(async ([name, bytes, ...flags]) => {
      const path = join(folder, 'in', name);
      await writeFile(path, bytes);
      return { name, isSame: (await tarOf(name, [path, ...flags])) === expected };
    });
    for (const { name, isSame } of await Promise.all(tars))
      expect({ name, isSame }).toEqual({ name, isSame: true });
  }
}, 120_000);
