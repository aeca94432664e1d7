import { readdirSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { useWeb } from '../../support/box/use-web.ts';
import { runCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';
import type { CommandOptions } from '../../support/command/start-node.ts';
import { type AtEnd, useTempFolder } from '../../support/temp-folder.ts';
import { outputPaths, underStrace, whyNoStrace } from './trace-output.ts';

async function useDataset(atEnd: AtEnd = onTestFinished) {
  const web = await useWeb(
    { hosts: { '*': { paths: { '*': { body: { fixture: 'images/tiny.jpg' } } } } } },
    atEnd,
  );
  const rows = Array.from({ length: 24 }, (_, i) => [web.box.url('a.example', `/${i}`), `row ${i}`] as const);
  const index = await web.writeIndex(rows);
  const flags = [
    '--number-sample-per-shard',
    '12',
    '--decoders',
    '1',
    '--concurrency',
    '2',
    '--json',
    ...web.reach,
  ];
  const download = (output = web.output, options?: CommandOptions) =>
    runCli([index, '--output', output, ...flags], options);
  return { ...web, download };
}

const obstacle = whyNoStrace();
if (obstacle !== null) console.warn(`Skipped: ${obstacle}`);

describe.skipIf(obstacle !== null)('a disk that refuses', () => {
  // One web and one undisturbed run serve all tests.
  let download: Awaited<ReturnType<typeof useDataset>>['download'];
  let tars: Record<string, string>;
  beforeAll(async () => {
    const dataset = await useDataset(afterAll);
    download = dataset.download;
    expect((await download()).code).toBe(0);
    tars = digestFiles(dataset.output, '.tar');
  });

  test.each([
    ['a write', 'pwritev', 4, 'ENOSPC'],
    ['a write', 'pwritev', 4, 'EDQUOT'],
    ['a write', 'pwritev', 4, 'EFBIG'],
    ['a write', 'pwritev', 4, 'EROFS'],
    ['a write', 'pwritev', 4, 'EIO'],
    ['an fsync', 'fsync', 3, 'EIO'],
    ['a rename', 'rename', 2, 'EACCES'],
    ['a rename', 'rename', 4, 'ENOSPC'],
  ])('%s (%s %i: %s) ends the run with 4, and the next start resumes', async (_, call, nth, code) => {
    const output = join(await useTempFolder(), 'out');
    // From then on every call fails, as on a full disk.
    const fault = `--inject=${call}:error=${code}:when=${nth}+`;
    const refused = await download(
      output,
      underStrace(outputPaths(output, 2), '--output', '/dev/null', '--seccomp-bpf', `--trace=${call}`, fault),
    );
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { exit_code: 4 } });
    expect(refused.stderr).toMatch(
      new RegExp(
        `^laion-fetch: Cannot write '.*': .*\\(${code}\\).*; fix this and run the same command again\\n$`,
      ),
    );
    if (code === 'ENOSPC' && call === 'pwritev')
      expect(refused.stderr).toMatch(/about [1-9]\d* bytes are needed/);
    const kept = readdirSync(join(output, '.laion-fetch', 'scratch'));
    expect(kept.filter((name) => !name.endsWith('.spool'))).toEqual([]);

    const { code: end, stdout } = await download(output);
    expect(end).toBe(0);
    expect(JSON.parse(stdout).earlier_starts.taken_over).toBeGreaterThan(0);
    expect(digestFiles(output, '.tar')).toEqual(tars);
    expect((await runCli(['verify', output])).code).toBe(0);
  });
});

describe('links in the folder of a dataset', () => {
  test.each([
    '.laion-fetch',
    '.laion-fetch/scratch',
    '.laion-fetch/backfill',
    '.laion-fetch/manifest.json',
    '.laion-fetch.lock',
  ])('in place of %s are refused, and nothing is written or removed elsewhere', async (name) => {
    const { folder, output, download } = await useDataset();
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, '0.spool'), 'precious');
    await mkdir(dirname(join(output, name)), { recursive: true });
    await symlink(elsewhere, join(output, name));
    const { code, stderr } = await download();
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining(' link') });
    expect(readdirSync(elsewhere)).toEqual(['0.spool']);
    expect(await readFile(join(elsewhere, '0.spool'), 'utf8')).toBe('precious');
  });
});
