import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, withoutShards } from '../../src/inputs/folder.ts';
import { type ShardFileKind, shardFileName } from '../../src/shards/files.ts';
import { useTempFolder } from '../support/temp-folder.ts';

/** The tables of rights are hidden. */
const KINDS: Readonly<Record<Exclude<ShardFileKind, 'rights'>, true>> = {
  tar: true,
  folder: true,
  tfrecord: true,
  mds: true,
  parquet: true,
  checksums: true,
  daliIndex: true,
  energonIndex: true,
  stats: true,
};

test("a dataset's own files are those that shards have, and only where there is a dataset", async () => {
  const folder = await useTempFolder();
  const paths = Object.keys(KINDS).map((kind) => join(folder, shardFileName('00042', kind as ShardFileKind)));
  const files: string[] = [];
  for (const path of paths) {
    if (path.endsWith('00042')) await mkdir(path);
    files.push(path.endsWith('00042') ? join(path, '000420000.json') : path);
    await writeFile(files.at(-1) ?? '', '');
  }
  expect(await filesBelow(folder, { tars: false })).toEqual(files.toSorted());
  expect(await withoutShards(files, { tars: false })).toEqual(files);
  await mkdir(join(folder, '.laion-fetch'));
  expect(await filesBelow(folder, { tars: false })).toEqual([]);
  expect(await withoutShards(files, { tars: false })).toEqual([]);
});
