import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLI, runCli } from '../../support/command/cli.ts';
import { digestFiles } from '../../support/command/read-dataset.ts';
import { startNode } from '../../support/command/start-node.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { useSmallDisk } from './small-disk.ts';
import { canTrace, straced } from './strace.ts';
import { type FaultRun, useFaultRun } from './use-fault-run.ts';

/** Tars under final names must equal those of an undisturbed run, whatever has happened. */
function expectWholeTars(output: string, undisturbed: Record<string, string>): void {
  expect(undisturbed).toMatchObject(digestFiles(output, '.tar'));
}

/** Path of a folder for the dataset of one test, which does not exist yet. */
async function useOutput(): Promise<string> {
  return join(await useTempFolder(), 'out');
}

describe('a disk', () => {
  // One web and one undisturbed run serve all tests.
  let run: FaultRun;
  let tars: Record<string, string>;
  beforeAll(async () => {
    run = await useFaultRun(40, afterAll);
    tars = await run.undisturbed();
  });

  test('that is full ends the run with 4, reports the space needed, and the same command resumes', async ({
    skip,
  }) => {
    const disk = await useSmallDisk('160k');
    if (disk === null) return skip('nothing can be mounted here: unshare -rm does not work');
    const { args, resume } = run;
    const output = join(disk.folder, 'out');
    const { code, stderr } = await runCli(args(output));
    expect({ code, stderr }).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(
        /no space left on device \(ENOSPC\), about [1-9]\d* bytes are needed; .*same command/,
      ),
    });
    expectWholeTars(output, tars);
    await disk.remount('size=64m');
    await resume(output);
    expect(digestFiles(output, '.tar')).toEqual(tars);
  });

  // The last write that still fits is cut short by the kernel, in the middle of a record.
  test('that accepts only a part of a write ends the run with 4, and the same command resumes', async () => {
    const { args, resume } = run;
    const output = await useOutput();
    const script = 'ulimit -f 40; exec "$0" "$@"';
    const cut = startNode(['-c', script, process.execPath, CLI, ...args(output)], { command: 'sh' });
    const { code, stderr } = await cut.result;
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining('(EFBIG)') });
    expectWholeTars(output, tars);
    await resume(output);
    expect(digestFiles(output, '.tar')).toEqual(tars);
  });

  test('that cannot be written ends the run with 4 and names the folder', async ({ skip }) => {
    const disk = await useSmallDisk('16m');
    if (disk === null) return skip('nothing can be mounted here: unshare -rm does not work');
    const { args, resume } = run;
    const output = join(disk.folder, 'out');
    await mkdir(output);
    await disk.remount('ro');
    const { code, stderr } = await runCli(args(output));
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringMatching(/Cannot .*out.*EROFS/) });
    expect(readdirSync(output)).toEqual([]);
    const fresh = await runCli(args(join(disk.folder, 'fresh')));
    expect(fresh).toMatchObject({ code: 4, stderr: expect.stringMatching(/Cannot create .*fresh.*EROFS/) });
    await disk.remount('rw');
    await resume(output);
  });

  test.for([
    ['fsync:error=EIO:when=3', 'EIO'],
    ['fsync:error=EIO:when=7', 'EIO'],
    ['pwrite64,pwritev,pwritev2:error=ENOSPC:when=4', 'ENOSPC'],
    ['pwrite64,pwritev,pwritev2:error=ENOSPC:when=12', 'ENOSPC'],
    ['rename,renameat,renameat2:error=EIO:when=3', 'EIO'],
    ['rename,renameat,renameat2:error=EIO:when=5', 'EIO'],
  ] as const)(
    'whose calls fail (%s) ends the run with 4, nothing is half written, and the same command resumes',
    async ([inject, reason], { skip }) => {
      if (!canTrace()) return skip('strace is missing or may not trace');
      const { args, resume } = run;
      const output = await useOutput();
      const traced = straced(inject, [CLI, ...args(output)]);
      const { code, stderr } = await startNode(traced.args, traced).result;
      expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining(`(${reason})`) });
      expectWholeTars(output, tars);
      await resume(output);
      expect(digestFiles(output, '.tar')).toEqual(tars);
    },
  );
});
