import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';

const SCRIPT = { hosts: { '*': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } } } } } } as const;

async function useIndex() {
  const web = await useWeb(SCRIPT);
  await web.writeIndex([[web.box.url('a.example', '/1'), 'a caption']]);
  const download = (output: string, cwd = web.folder) =>
    runCli(['index.csv', '--output', output, ...web.reach], { cwd });
  return { ...web, download };
}

describe('an output folder that cannot be made', () => {
  // Node's recursive mkdir tries these for ever: the file system answers ENOENT although the folder above is there.
  test.each(['/proc/x', '/proc/x/y/z', '/proc/self/fd/x', '/dev/fd/x/y'])(
    '%s ends the run with a reason',
    async (output) => {
      const { download } = await useIndex();
      const { code, stderr } = await download(output);
      expect({ code, stderr }).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(
          `Cannot create the output folder '${output}': no folder can be created in '/[a-z/]+' \\(ENOENT\\); name another folder`,
        ),
      });
    },
  );

  test.each(['disk', 'disk/', 'disk/a', 'disk/a/b'])(
    'a symbolic link that leads nowhere is named: %s',
    async (output) => {
      const { folder, download } = await useIndex();
      await symlink('/not/mounted', join(folder, 'disk'));
      const { code, stderr } = await download(output);
      expect(code).toBe(4);
      expect(stderr).toMatch(/'disk\/?' is a symbolic link to '\/not\/mounted', which is not there/);
      expect(await readdir(folder)).toEqual(['disk', 'index.csv']);
    },
  );

  test.each(['file', 'file/a', 'link'])('a file in its place is named: %s', async (output) => {
    const { folder, download } = await useIndex();
    await writeFile(join(folder, 'file'), '');
    await symlink('file', join(folder, 'link'));
    expect(await download(output)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('a file has that name'),
    });
  });

  test('a symbolic link to a folder is a folder', async () => {
    const { folder, download } = await useIndex();
    await mkdir(join(folder, 'far'));
    await symlink('far', join(folder, 'disk'));
    expect((await download('disk/a/../b')).code).toBe(0);
    expect(await readdir(join(folder, 'far', 'b'))).toContain('00000.tar');
  });
});

test('no file of a dataset names a folder that the user did not type', async () => {
  const { folder, download, box } = await useIndex();
  expect((await download('out')).code).toBe(0);
  // A host that is remembered, and a second run.
  await rm(join(folder, 'index.csv'));
  await mkdir(join(folder, 'more'));
  await writeFile(join(folder, 'more', 'index.csv'), `url\n${box.url('b.example', '/2')}\n`);
  const more = ['more/*.csv', '--incremental-mode', 'extend', '--resolver', box.dns];
  const flags = ['--output', './out', '--allow-private', '127.0.0.0/8'];
  expect((await runCli([...more, ...flags], { cwd: folder })).code).toBe(0);
  const output = join(folder, 'out');
  const files = (await readdir(output, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  expect(files.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['manifest.json', 'hosts.json', '00001.tar']),
  );
  for (const { parentPath, name } of files) {
    const text = await readFile(join(parentPath, name), 'latin1');
    for (const place of [folder, process.cwd(), process.execPath]) expect(text).not.toContain(place);
  }
  const manifest = JSON.parse(await readFile(join(output, '.laion-fetch', 'manifest.json'), 'utf8'));
  expect(manifest.runs.map((run: { inputs: { name: string }[] }) => run.inputs[0]?.name)).toEqual([
    'index.csv',
    'more/index.csv',
  ]);
});
