import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DatasetFacts } from '../../../src/output/loader-files/dataset-facts.ts';
import {
  findDatasetFiles,
  removeDatasetFiles,
  writeDatasetFiles,
} from '../../../src/output/loader-files/written-files.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const facts = (samples: number): DatasetFacts => ({
  format: 'webdataset',
  index: ['a.csv'],
  shards: [
    {
      name: '00000',
      rows: 9,
      samples,
      caption: false,
      encodeFormat: 'jpg',
      files: [{ name: '00000.tar', samples }],
    },
  ],
  mds: [],
  fields: [],
  columns: [],
  caption: false,
  extensions: ['jpg'],
  failures: new Map(),
  policies: [],
  attribution: null,
});

const RECORD = '.laion-fetch/loader-files.json';

async function useDataset() {
  const folder = await useTempFolder();
  await mkdir(join(folder, '.laion-fetch'));
  const store = openStore(folder);
  await writeDatasetFiles(store, facts(1));
  return { folder, store, at: (name: string) => join(folder, name) };
}

test('a crash between the record and the files leaves no file that is taken for somebody else’s', async () => {
  const { store, at } = await useDataset();
  const old = await readFile(at('sizes.json'));
  await writeDatasetFiles(store, facts(2));
  // As after a crash: the record has the new digest, the file its old content.
  await writeFile(at('sizes.json'), old);
  const found = await findDatasetFiles(store, facts(2));
  expect(found.find(({ name }) => name === 'sizes.json')?.state).toBe('stale');
  expect(await writeDatasetFiles(store, facts(2))).toEqual({ written: ['sizes.json'], left: [] });
  expect(JSON.parse(await readFile(at('sizes.json'), 'utf8'))).toEqual({ '00000.tar': 2 });
});

test('a second call writes nothing', async () => {
  const { store } = await useDataset();
  expect(await writeDatasetFiles(store, facts(1))).toEqual({ written: [], left: [] });
});

test('removal keeps what somebody edited, and folders that hold something else', async () => {
  const { store, at } = await useDataset();
  await writeFile(at('README.md'), 'mine');
  await writeFile(at('.nv-meta/notes'), 'mine');
  await removeDatasetFiles(store);
  const names = ['README.md', '.nv-meta/notes', 'sizes.json', 'croissant.json', '.nv-meta/split.yaml'];
  expect(names.map((name) => existsSync(at(name)))).toEqual([true, true, false, false, false]);
});

test('a damaged record, or one that names other files, removes nothing', async () => {
  const { store, at } = await useDataset();
  await writeFile(at('notes'), 'mine');
  const record = JSON.parse(await readFile(at(RECORD), 'utf8'));
  const digest = createHash('sha256').update('mine').digest('hex');
  await writeFile(at(RECORD), JSON.stringify({ ...record, files: { notes: [digest] } }));
  await removeDatasetFiles(store);
  await writeFile(at(RECORD), '{');
  await removeDatasetFiles(store);
  expect(['notes', 'sizes.json', '.nv-meta/split.yaml'].map((name) => existsSync(at(name)))).toEqual([
    true,
    true,
    true,
  ]);
});
