import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  readAttributionFacts,
  removeAttribution,
  writeAttributionFacts,
} from '../../../src/output/loader-files/attribution-facts.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('the files of attribution are removed with their dataset, but not what somebody has edited', async () => {
  const folder = await useTempFolder();
  await mkdir(join(folder, '.laion-fetch'));
  const store = openStore(folder);
  await removeAttribution(store);
  const counts = { licences: [], creators: [], mechanisms: [], hosts: [] };
  const files = { 'ATTRIBUTION.parquet': sha256('a'), 'ATTRIBUTION.md': sha256('b') };
  await writeAttributionFacts(store, { images: 1, licensed: 0, credited: 0, ...counts, files });
  expect(await readAttributionFacts(store)).toMatchObject({ images: 1, files });
  await writeFile(join(folder, 'ATTRIBUTION.parquet'), 'a');
  await writeFile(join(folder, 'ATTRIBUTION.md'), 'b, edited');
  await removeAttribution(store);
  expect((await readdir(folder)).sort()).toEqual(['.laion-fetch', 'ATTRIBUTION.md']);
});
