import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  beginCommit,
  commitState,
  commitTogether,
  finishCommit,
} from '../../../src/output/store/commit-together.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const NAMES = ['00000', '00000.parquet', '00000_stats.json'];

/** A dataset with a folder shard, and new files for it that are not yet committed. */
async function useFolders() {
  const to = await useTempFolder();
  const from = join(to, '.new');
  await writeShard(to, 'old');
  await beginCommit(from);
  await writeShard(from, 'new');
  return { from, to };
}

async function writeShard(folder: string, text: string): Promise<void> {
  await mkdir(join(folder, '00000'));
  await writeFile(join(folder, '00000', `${text}.jpg`), text);
  for (const name of NAMES.slice(1)) await writeFile(join(folder, name), text);
}

async function contentOf(folder: string): Promise<string[]> {
  const texts = await Promise.all(NAMES.slice(1).map((name) => readFile(join(folder, name), 'utf8')));
  return [...(await readdir(join(folder, '00000'))), ...texts];
}

const NEW = ['new.jpg', 'new', 'new'];
const OLD = ['old.jpg', 'old', 'old'];

describe('commitTogether()', () => {
  test('replaces files and folders, and leaves nothing behind', async () => {
    const { from, to } = await useFolders();
    expect(await commitState(from)).toBe('begun');
    await commitTogether(from, to, NAMES);
    expect(await contentOf(to)).toEqual(NEW);
    expect((await readdir(to)).sort()).toEqual(NAMES);
    expect(await commitState(from)).toBe('none');
  });
});

describe('finishCommit()', () => {
  test('does nothing if nothing was begun', async () => {
    const to = await useTempFolder();
    await finishCommit(join(to, 'nowhere', 'new'), to);
    expect(await readdir(to)).toEqual([]);
  });

  test('discards files that were not committed', async () => {
    const { from, to } = await useFolders();
    await writeFile(join(from, 'commit.json.tmp'), '{"format":1,"na');
    await finishCommit(from, to);
    expect(await contentOf(to)).toEqual(OLD);
    expect(existsSync(from)).toBe(false);
  });

  test.each([0, 1, 2, 3])('goes on after a crash that came behind %i moves', async (moves) => {
    const { from, to } = await useFolders();
    await writeFile(join(from, 'commit.json'), JSON.stringify({ format: 1, names: NAMES }));
    for (const name of NAMES.slice(0, moves)) {
      await rm(join(to, name), { recursive: true });
      await rename(join(from, name), join(to, name));
    }
    expect(await commitState(from)).toBe('committed');
    await finishCommit(from, to);
    expect(await contentOf(to)).toEqual(NEW);
    expect(existsSync(from)).toBe(false);
  });

  test('continues after a crash between the removal of the old folder and the move of the new one', async () => {
    const { from, to } = await useFolders();
    await writeFile(join(from, 'commit.json'), JSON.stringify({ format: 1, names: NAMES }));
    await rm(join(to, '00000'), { recursive: true });
    await finishCommit(from, to);
    expect(await contentOf(to)).toEqual(NEW);
  });

  test.each([
    '{"format":1,"names":["../precious"]}',
    '{"format":1,"names":["notes.txt"]}',
    '{"format":2,"names":[]}',
    'torn',
  ])('changes nothing if the record is %s', async (record) => {
    const { from, to } = await useFolders();
    await writeFile(join(from, 'commit.json'), record);
    await expect(finishCommit(from, to)).rejects.toThrow('is damaged');
    expect(await contentOf(to)).toEqual(OLD);
    expect(await contentOf(from)).toEqual(NEW);
  });
});
