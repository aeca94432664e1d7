import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { readMetadata } from '../../support/command/read-dataset.ts';

test('--url-col over a list of structs makes a sample for each URL; the same command resumes', async () => {
  const { box, folder, output, reach } = await useWeb({
    hosts: { '*': { paths: { '*': { body: { fixture: 'images/landscape.jpg' } } } } },
  });
  const documents = Array.from({ length: 3 }, (_, row) => ({
    url: 'https://page.example/',
    title: `page ${row}`,
    images: Array.from({ length: row + 1 }, (_, place) => ({
      src: box.url('a.example', `/${row}/${place}`),
      alt: `image ${row}.${place}`,
    })),
  }));
  const path = join(folder, 'documents.jsonl');
  await writeFile(path, documents.map((document) => JSON.stringify(document)).join('\n'));
  const plain = await runCli([path, '--output', output, ...reach]);
  expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining('name it with --url-col') });

  const args = [path, '--url-col', 'images', '--number-sample-per-shard', '4', '--output', output, ...reach];
  for (const _ of ['first', 'again']) expect((await runCli([...args, '--json'])).code).toBe(0);
  const rows = await readMetadata(output);
  expect(rows.map((row) => [row['caption'], row['index_row'], row['index_position'], row['title']])).toEqual(
    documents.flatMap(({ images, title }, row) =>
      images.map(({ alt }, place) => [alt, String(row), place, title]),
    ),
  );
  expect(rows.map((row) => row['status'])).toEqual(rows.map(() => 'success'));
  expect((await runCli(['verify', output])).code).toBe(0);
  const plan = await runCli(['plan', path, '--url-col', 'images', '--json']);
  expect(JSON.parse(plan.stdout)).toMatchObject({ rows: 6 });
}, 60_000);
