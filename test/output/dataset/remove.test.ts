import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeDataset } from '../../../src/output/dataset/remove.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

async function remainder(
  names: readonly string[],
  numbering: Parameters<typeof removeDataset>[1] = { shardDigits: 5 },
): Promise<string[]> {
  const folder = await useTempFolder();
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), '');
  }
  await removeDataset(openStore(folder), numbering);
  return (await readdir(folder, { recursive: true })).sort();
}

describe('removeDataset()', () => {
  it('removes the files of finished and unfinished shards and the state folder', async () => {
    const names = [
      '00000.tar',
      '00000.parquet',
      '00000.sha256',
      '00000_stats.json',
      '00001.tar',
      '00001.sha256',
      '.laion-fetch/manifest.json',
    ];
    expect(await remainder(names)).toEqual([]);
  });

  it('removes finished shards with another numbering', async () => {
    expect(await remainder(['001.tar', '001.parquet', '001_stats.json'])).toEqual([]);
  });

  it('removes only shards with statistics if there is no numbering', async () => {
    const names = ['00000.tar', '00000_stats.json', '00001.tar', '00002.parquet', '00003/0000301.jpg'];
    expect(await remainder(names, null)).toEqual([
      '00001.tar',
      '00002.parquet',
      '00003',
      '00003/0000301.jpg',
    ]);
  });

  it('leaves all other files', async () => {
    const foreign = [
      '2024.parquet',
      '2024.tar',
      '2024.sha256',
      'README.md',
      'index.parquet',
      'notes.json',
      'sub/00000.tar',
    ];
    expect(await remainder(['00000_stats.json', ...foreign])).toEqual([...foreign, 'sub'].sort());
  });

  it("removes the samples from a shard's folder and keeps the folder if it holds anything else", async () => {
    const samples = ['00000/0000001.jpg', '00000/0000001.json', '00001/0000101.txt', '00001/mine.txt'];
    expect(await remainder(samples)).toEqual(['00001', '00001/mine.txt']);
  });
});
