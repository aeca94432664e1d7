import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openIndex } from '../../../src/inputs/open.ts';
import { findSources } from '../../../src/inputs/sources.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { readValues } from '../files.ts';

async function makeFiles(...names: readonly string[]): Promise<string> {
  const folder = await useTempFolder();
  for (const name of names) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'url,n\nu,1\n');
  }
  return folder;
}

async function read(...patterns: readonly string[]) {
  const files = await Promise.all((await findSources(patterns)).map((source) => openIndex(source)));
  const values = await Promise.all(files.map((file) => readValues(file)));
  return files.map((file, at) => [file.columns.map(({ name }) => name).slice(2), values[at]?.[0]?.slice(2)]);
}

test('folders such as lang=en are columns of the files below, for folders, globs and names', async () => {
  const folder = await makeFiles(
    'lang=de/a.csv',
    'lang=en/a.csv',
    'lang=en/_SUCCESS',
    '_log/x=1/b.csv',
    'lang=fr/.b.csv',
  );
  const expected = [
    [['lang'], ['de']],
    [['lang'], ['en']],
  ];
  expect(await read(folder)).toEqual(expected);
  expect(await read(`${folder}/*/*.csv`)).toEqual(expected);
  expect(await read(`${folder}/**/*.csv`)).toEqual(expected);
  expect(await read(`${folder}/_log/**/*.csv`)).toEqual([[['x'], ['1']]]);
  expect(await read(`${folder}/lang=de/a.csv`, `${folder}/lang=en/a.csv`)).toEqual(expected);
});

test('folders above those that were named are no columns', async () => {
  const folder = await makeFiles('run=3/a.csv', 'run=3/lang=en/b.csv');
  expect(await read(join(folder, 'run=3'))).toEqual([
    [[], []],
    [['lang'], ['en']],
  ]);
  expect(await read(join(folder, 'run=3/a.csv'))).toEqual([[[], []]]);
});

test('escapes are decoded, Hive has a name for null, and columns of the file come first', async () => {
  const folder = await makeFiles(
    'a%20b=1%2F2/x=__HIVE_DEFAULT_PARTITION__/a.csv',
    'a%20b=100%/x=/a.csv',
    'N=7/x=1=2/a.csv',
  );
  expect(await read(folder)).toEqual([
    [['x'], ['1=2']],
    [
      ['a b', 'x'],
      ['1/2', null],
    ],
    [
      ['a b', 'x'],
      ['100%', ''],
    ],
  ]);
});
