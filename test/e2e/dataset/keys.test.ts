import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli, spawnCli } from '../../support/command/cli.ts';
import { digestFiles, listTar, readMember, readMetadata } from '../../support/command/read-dataset.ts';

async function useRows() {
  const image = { body: { fixture: 'images/tiny.jpg' } };
  const faults = { down: false };
  const tired = () => (faults.down ? { status: 500 } : image);
  const web = await useWeb({ hosts: { '*': { paths: { '*': image, '/1': tired, '/4': tired } } } });
  const write = async (rows: readonly Readonly<Record<string, unknown>>[], name = 'index.jsonl') => {
    const path = join(web.folder, name);
    const lines = rows.map((row, i) => JSON.stringify({ url: web.box.url('a.example', `/${i}`), ...row }));
    await writeFile(path, `${lines.join('\n')}\n`);
    return path;
  };
  const run = (index: string, ...flags: string[]) =>
    runCli([index, '--output', web.output, ...web.reach, ...flags]);
  return { ...web, write, run, faults };
}

const members = (keys: readonly string[]) =>
  keys.flatMap((key) => [`${key}.jpg`, `${key}.json`, `${key}.txt`]);

describe('--key-col', () => {
  const ids = [
    'cat-1',
    'a.b',
    'a/b',
    '../x',
    '',
    null,
    'cat-1',
    'x'.repeat(96),
    'ü',
    'a b',
    'CAT-1',
    'nul',
    ' a',
  ];
  const wrong = /^key_invalid: the key cannot name files: it .*; name a column of short names of letters/;

  test('names the samples; a row without a key of its own fails, says why, and nothing else does', async () => {
    const { write, run, output, box } = await useRows();
    const index = await write(ids.map((id) => ({ caption: 'c', id })));
    const { code } = await run(index, '--key-col', 'id');
    expect(code).toBe(0);
    expect(listTar(`${output}/00000.tar`)).toEqual(members(['cat-1', 'a b', 'CAT-1']));
    const rows = await readMetadata(output);
    const outcome = new Map(
      rows.map((row) => [row['id'], row['key'] ?? `${row['failure_code']}: ${row['error_message']}`]),
    );
    expect(rows.filter((row) => row['id'] === 'cat-1').map((row) => row['key'])).toEqual(['cat-1', null]);
    for (const id of ['a.b', 'a/b', '../x', '', null, 'x'.repeat(96), 'ü', 'nul', ' a'])
      expect(outcome.get(id)).toMatch(wrong);
    expect(rows.filter((row) => row['failure_code'] === 'key_repeated')).toMatchObject([
      { id: 'cat-1', key: null, error_message: expect.stringContaining('an earlier row has the same key') },
    ]);
    expect(JSON.parse(readMember(`${output}/00000.tar`, 'CAT-1.json').toString())).toMatchObject({
      key: 'CAT-1',
      id: 'CAT-1',
    });
    expect(Object.keys(box.stats().hosts['a.example']?.paths ?? {}).length).toBe(3);
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('with files, keys that differ only in case are one', async () => {
    const { write, run, output } = await useRows();
    const index = await write(['b', 'B', 'a'].map((id) => ({ id })));
    expect((await run(index, '--key-col', 'id', '--output-format', 'files')).code).toBe(0);
    const rows = await readMetadata(output);
    expect(rows.map((row) => row['failure_code'])).toEqual([null, null, 'key_repeated']);
    expect((await runCli(['verify', output, '--deep'])).code).toBe(0);
  });

  test.each(['webdataset', 'files'])('%s: verify and retry follow the names', async (format) => {
    const { write, output, reach, folder, faults } = await useRows();
    const index = await write(['z', 'y2', 'x-3', 'w', 'v', 'u', 't'].map((id) => ({ caption: id, id })));
    const shaping = ['--key-col', 'id', '--output-format', format, '--number-sample-per-shard', '4'];
    const flags = [...shaping, ...reach, '--retries', '0'];
    const whole = join(folder, 'whole');
    expect((await runCli([index, '--output', whole, ...flags])).code).toBe(0);
    faults.down = true;
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    faults.down = false;
    const retried = await runCli(['retry', output, ...reach, '--json']);
    expect(JSON.parse(retried.stdout)).toMatchObject({ successes: 7 });
    expect((await runCli(['verify', output, '--index', index])).code).toBe(0);
    if (format === 'files') {
      const names = (of: string) => readdirSync(join(of, '00000')).toSorted();
      expect(names(output)).toEqual(names(whole));
    } else expect(digestFiles(output, '.tar')).toEqual(digestFiles(whole, '.tar'));
    rmSync(join(output, format === 'files' ? '00000/y2.jpg' : '00000.tar'));
    expect((await runCli(['verify', output])).code).toBe(5);
  });

  test('a resume finds the keys of rows that are done', async () => {
    const { write, output, reach } = await useRows();
    const index = await write(Array.from({ length: 300 }, (_, i) => ({ id: `k${i % 200}` })));
    const flags = ['--key-col', 'id', '--number-sample-per-shard', '20', ...reach];
    const first = spawnCli([index, '--output', output, ...flags, '--log-level', 'info']);
    await first.shows('shard written');
    first.kill('SIGINT');
    await first.result;
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    const rows = await readMetadata(output);
    expect(rows.filter((row) => row['failure_code'] === 'key_repeated').length).toBe(100);
    expect((await runCli(['verify', output, '--index', index])).code).toBe(0);
  });

  test('the URLs of a list get their position after the key of their row', async () => {
    const { write, run, output, box } = await useRows();
    const url = [box.url('a.example', '/x'), box.url('a.example', '/y')];
    const index = await write([{ url: undefined, images: url, id: 'doc' }]);
    expect((await run(index, '--key-col', 'id', '--url-col', 'images')).code).toBe(0);
    const keys = (await readMetadata(output)).map((row) => row['key']);
    expect(keys).toEqual(['doc_0', 'doc_1']);
  });

  test('a column that is not there, or of lists, is refused', async () => {
    const { write, run, folder } = await useRows();
    const index = await write([{ id: 1, tags: ['a'] }]);
    expect(await run(index, '--key-col', 'idd')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean 'id'?"),
    });
    expect(await run(index, '--key-col', 'tags')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected strings or numbers, found list<string>'),
    });
    const list = join(folder, 'list.txt');
    await writeFile(list, 'http://a.example/\n');
    expect(await run(list, '--key-col', 'id')).toMatchObject({ code: 2 });
  });
});

describe('--subfolder-col', () => {
  const labels = ['cat', 'dog', '../../etc', 'a/b', '.hid', null, 'Katze, weiß', 'nul', 'x.', 'cat'];
  const folders = ['cat', 'dog', '___.._etc', 'a_b', '_hid', '_', 'Katze, weiß', '_nul', 'x_', 'cat'];

  test('puts the files of a sample into the folder of its class, nowhere else', async () => {
    const { write, output, reach, faults } = await useRows();
    const index = await write(labels.map((label, i) => ({ caption: 'c', label, id: `id${9 - i}` })));
    const flags = ['--subfolder-col', 'label', '--output-format', 'files', '--key-col', 'id', ...reach];
    faults.down = true;
    expect((await runCli([index, '--output', output, ...flags, '--retries', '0'])).code).toBe(0);
    faults.down = false;
    expect((await runCli(['retry', output, ...reach])).code).toBe(0);
    const rows = (await readMetadata(output)).toSorted((a, b) =>
      String(a['key']) < String(b['key']) ? 1 : -1,
    );
    expect(rows.map((row) => row['subfolder'])).toEqual(folders);
    const files = rows.map((row) => `${row['subfolder']}/${row['key']}.jpg`);
    const found = readdirSync(join(output, '00000'), { recursive: true }).map(String);
    expect(found.filter((name) => name.endsWith('.jpg')).toSorted()).toEqual(files.toSorted());
    expect(execFileSync('sha256sum', ['--quiet', '-c', '00000.sha256'], { cwd: output }).length).toBe(0);
    expect(await runCli(['verify', output, '--deep', '--index', index])).toMatchObject({ code: 0 });
    renameSync(join(output, '00000/cat/id9.jpg'), join(output, '00000/dog/id9.jpg'));
    expect(await runCli(['verify', output])).toMatchObject({ code: 5 });
  });

  test('a download in place of the dataset leaves nothing of it', async () => {
    const { write, output, reach } = await useRows();
    const index = await write(labels.map((label, i) => ({ caption: 'c', label, id: `id${i}` })));
    const flags = ['--output', output, ...reach, '--incremental-mode', 'overwrite'];
    const files = ['--subfolder-col', 'label', '--output-format', 'files', '--key-col', 'id'];
    expect((await runCli([index, ...flags, ...files])).code).toBe(0);
    writeFileSync(join(output, '00000/cat/mine.md'), '');
    expect((await runCli([index, ...flags])).code).toBe(0);
    const left = readdirSync(output, { recursive: true })
      .map(String)
      .filter((name) => name.startsWith('00000/'));
    expect(left.toSorted()).toEqual(['00000/cat', '00000/cat/mine.md']);
  });

  test('without it, a column subfolder of the index is any other column, as is duplicate_of', async () => {
    const { write, output, reach } = await useRows();
    const own = { subfolder: 'shelf 3', duplicate_of: 'none' };
    const index = await write([
      { ...own, caption: 'a' },
      { ...own, caption: 'b' },
    ]);
    const flags = ['--output-format', 'files', '--loader-files', ...reach];
    expect((await runCli([index, '--output', output, ...flags])).code).toBe(0);
    expect(await readMetadata(output)).toMatchObject([own, own]);
    const json = JSON.parse(readFileSync(join(output, '00000/000000000.json'), 'utf8'));
    expect(json).toMatchObject(own);
    expect(await runCli(['verify', output, '--index', index])).toMatchObject({ code: 0 });
    expect(readFileSync(join(output, 'README.md'), 'utf8')).toContain('`subfolder`');
  });

  test('needs --output-format files and a column of texts or numbers', async () => {
    const { write, run } = await useRows();
    const index = await write([{ label: 'x', tags: ['a'] }]);
    expect(await run(index, '--subfolder-col', 'label')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--subfolder-col works only with --output-format files'),
    });
    const files = ['--output-format', 'files', '--subfolder-col'];
    expect((await run(index, ...files, 'tags')).stderr).toContain('expected strings or numbers');
    expect((await run(index, ...files, 'labels')).stderr).toContain("did you mean 'label'?");
  });
});

describe('--key-prefix', () => {
  test('stands before numbers and names; verify, resume and extend know it', async () => {
    const { write, run, output, folder } = await useRows();
    const index = await write([{ id: 'x' }, { id: 'y' }]);
    expect((await run(index, '--key-prefix', 'coco_')).code).toBe(0);
    expect((await runCli(['verify', output, '--index', index])).code).toBe(0);
    await rename(join(output, '.laion-fetch'), join(folder, 'state'));
    expect((await runCli(['verify', output])).code).toBe(0);
    await rename(join(folder, 'state'), join(output, '.laion-fetch'));
    const same = ['--incremental-mode', 'extend', '--key-col', 'id', '--key-prefix'];
    expect(await run(index, ...same, 'coco_')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give this run another one'),
    });
    expect((await run(index, ...same, 'b-')).code).toBe(0);
    const keys = (await readMetadata(output)).map((row) => row['key']);
    expect(keys).toEqual(['b-x', 'b-y', 'coco_000000000', 'coco_000000001']);
    expect((await runCli(['verify', output])).code).toBe(0);
  });

  test('has only characters that names of files have everywhere', async () => {
    const { write, run } = await useRows();
    expect(await run(await write([{}]), '--key-prefix', 'a/b')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("at most 40 letters, digits, '-' and '_'"),
    });
  });
});
