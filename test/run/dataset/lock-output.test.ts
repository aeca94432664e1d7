import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/core/errors.ts';
import { lockOutput } from '../../../src/run/dataset/lock/lock-output.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const LOCK = '.laion-fetch.lock';

/** The lock of this process, with some changes. */
async function ownLock(changes: object): Promise<string> {
  const folder = await useTempFolder();
  await lockOutput(folder);
  return JSON.stringify({ ...JSON.parse(await readFile(join(folder, LOCK), 'utf8')), ...changes });
}

async function folderWith(lock: string): Promise<string> {
  const folder = await useTempFolder();
  await writeFile(join(folder, LOCK), lock);
  return folder;
}

const BUSY = { exitCode: EXIT.busy, message: expect.stringContaining('is writing there') };

describe('lockOutput()', () => {
  test('admits one run at a time, and the next when it releases the lock', async () => {
    const folder = await useTempFolder();
    const unlock = await lockOutput(folder);
    await expect(lockOutput(folder)).rejects.toMatchObject(BUSY);
    await unlock();
    await (await lockOutput(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['no lock', null],
    [
      'a lock that a crash left',
      JSON.stringify({ pid: process.pid, host: hostname(), startedAt: '1', boot: null }),
    ],
  ])('admits one of many simultaneous runs (%s)', async (_, left) => {
    for (let round = 0; round < 40; round += 1) {
      const folder = left === null ? await useTempFolder() : await folderWith(left);
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockOutput(folder)));
      const isIn = tries.filter(({ status }) => status === 'fulfilled');
      expect(isIn.length).toBe(1);
      expect(await readdir(folder)).toEqual([LOCK]);
    }
  });

  test.each([
    ['whose process id another process has now', { startedAt: '1' }],
    ['whose process is gone', { pid: 2 ** 22 + 1 }],
    ['from before the machine restarted', { boot: 'another' }],
  ])('ignores a lock %s', async (_, changes) => {
    const folder = await folderWith(await ownLock(changes));
    await (await lockOutput(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['another machine', { host: 'elsewhere', boot: 'another' }],
    ['another container of this machine, which has its own process ids', { pidNamespace: 'pid:[1]', pid: 1 }],
    ['a running process', {}],
  ])('respects a lock of %s', async (_, changes) => {
    const lock = await ownLock(changes);
    const folder = await folderWith(lock);
    await expect(lockOutput(folder)).rejects.toMatchObject(BUSY);
    expect(await readFile(join(folder, LOCK), 'utf8')).toBe(lock);
  });

  test.each(['', '{"pid":', 'null', '{}'])(
    'treats %j as a lock being created, and later as a broken one',
    async (text) => {
      const folder = await folderWith(text);
      await expect(lockOutput(folder)).rejects.toMatchObject(BUSY);
      await utimes(join(folder, LOCK), 1, 1);
      await (await lockOutput(folder))();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  test('follows no link and removes no folder in its place', async () => {
    const folder = await useTempFolder();
    const elsewhere = join(folder, 'precious');
    await writeFile(elsewhere, 'precious');
    await symlink(elsewhere, join(folder, LOCK));
    const refusal = { exitCode: EXIT.output, message: expect.stringContaining('link or a folder') };
    await expect(lockOutput(folder)).rejects.toMatchObject(refusal);
    expect(await readFile(elsewhere, 'utf8')).toBe('precious');

    const other = await useTempFolder();
    await mkdir(join(other, LOCK));
    await expect(lockOutput(other)).rejects.toMatchObject(refusal);
  });

  test('removes what a crash left while it created a lock', async () => {
    const folder = await useTempFolder();
    const [old, young] = ['1', '2'].map((digit) => `${LOCK}.${digit.repeat(36)}`) as [string, string];
    for (const name of [old, young, `${LOCK}.mine`]) await writeFile(join(folder, name), '');
    for (const name of [old, `${LOCK}.mine`]) await utimes(join(folder, name), 1, 1);
    await (await lockOutput(folder))();
    expect(await readdir(folder)).toEqual([young, `${LOCK}.mine`]);
  });

  test('waits for a run that takes an old lock over, unless that run crashed', async () => {
    const old = await ownLock({ startedAt: '1' });
    const folder = await folderWith(old);
    const claim = join(folder, `${LOCK}.${createHash('md5').update(old).digest('hex')}.claim`);
    await writeFile(claim, '');
    await expect(lockOutput(folder)).rejects.toMatchObject(BUSY);
    expect(await readFile(join(folder, LOCK), 'utf8')).toBe(old);
    await utimes(claim, 1, 1);
    await (await lockOutput(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  test('does not release the lock of another run', async () => {
    const folder = await useTempFolder();
    const unlock = await lockOutput(folder);
    const other = await ownLock({});
    await writeFile(join(folder, LOCK), other);
    await unlock();
    expect(await readFile(join(folder, LOCK), 'utf8')).toBe(other);
  });
});
