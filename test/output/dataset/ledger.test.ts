import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findForeignFiles, readLedger } from '../../../src/output/dataset/ledger.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

/** A folder with empty files, and folders where a name ends in a slash. */
async function folderOf(names: readonly string[]): Promise<string> {
  const folder = await useTempFolder();
  for (const name of names) {
    if (name.endsWith('/')) await mkdir(join(folder, name));
    else await writeFile(join(folder, name), '');
  }
  return folder;
}

describe('readLedger()', () => {
  it('counts shards with statistics as done and continues after the last', async () => {
    const names = ['00000_stats.json', '00007_stats.json', '00009.tar', 'meta.json', 'sizes.json'];
    expect(await readLedger(openStore(await folderOf(names)), [])).toEqual({
      done: new Set([0, 7]),
      next: 8,
    });
  });

  it('does not count a shard without a required file as done, and does not reuse its number', async () => {
    const whole = ['00000_stats.json', '00000.tar', '00000.parquet'];
    const folder = await folderOf([...whole, '00001_stats.json', '00001.tar', '00002_stats.json']);
    expect(await readLedger(openStore(folder), ['tar', 'parquet'])).toEqual({ done: new Set([0]), next: 3 });
  });

  it('distinguishes files from folders', async () => {
    const folders = [
      '00000_stats.json',
      '00000/',
      '00001_stats.json',
      '00001',
      '00002_stats.json/',
      '00002/',
    ];
    expect(await readLedger(openStore(await folderOf(folders)), ['folder'])).toEqual({
      done: new Set([0]),
      next: 2,
    });
    const tars = await folderOf(['00000_stats.json', '00000.tar/']);
    expect(await readLedger(openStore(tars), ['tar'])).toEqual({ done: new Set(), next: 1 });
  });

  it('accepts a tar that is a link', async () => {
    const folder = await folderOf(['00000_stats.json', 'elsewhere']);
    await symlink(join(folder, 'elsewhere'), join(folder, '00000.tar'));
    expect((await readLedger(openStore(folder), ['tar'])).done).toEqual(new Set([0]));
  });

  it('returns nothing for a folder that does not exist', async () => {
    const folder = await useTempFolder();
    expect(await readLedger(openStore(join(folder, 'none')), [])).toEqual({ done: new Set(), next: 0 });
  });
});

describe('findForeignFiles()', () => {
  it('names files that are named like those of a shard without statistics', async () => {
    const ours = [
      '00000_stats.json',
      '00000.tar',
      '00000.parquet',
      '00000.sha256',
      '00000/',
      'README.md',
      'index.parquet',
    ];
    const foreign = ['00001.tar', '00002.parquet', '2023/', '2024', '3.sha256', '7.tar/'];
    expect(await findForeignFiles(openStore(await folderOf([...ours, ...foreign])))).toEqual(
      foreign.map((name) => name.replace('/', '')),
    );
  });

  it('returns nothing for a folder that does not exist', async () => {
    expect(await findForeignFiles(openStore(join(await useTempFolder(), 'none')))).toEqual([]);
  });
});
