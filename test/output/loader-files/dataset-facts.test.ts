import { expect, test } from 'vitest';
import { readDatasetFacts } from '../../../src/output/loader-files/dataset-facts.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { writeDataset } from '../small-dataset.ts';

const RUN = {
  format: 'webdataset',
  index: ['a.parquet'],
  extensions: ['jpg'],
  encodeFormat: 'jpg',
  policy: 'standard',
} as const;

test('the facts of a dataset sum up its shards, and the JSON has the fields before our own columns', async () => {
  const store = openStore(await writeDataset('webdataset'));
  const facts = await readDatasetFacts(store, [{ ...RUN, firstShard: 0 }]);
  expect(facts?.shards.map(({ name, rows, samples }) => [name, rows, samples])).toEqual([
    ['00000', 4, 3],
    ['00001', 4, 3],
  ]);
  expect([...(facts?.failures ?? [])]).toEqual([['http_404', 2]]);
  const [fields, columns] = [facts?.fields ?? [], facts?.columns ?? []].map((all) =>
    all.map(({ name }) => name),
  );
  expect(fields).toContain('original_width');
  expect(columns?.slice(0, fields?.length)).toEqual(fields);
  expect(columns?.slice(fields?.length)[0]).toBe('failure_code');
});

test('shards before the first run, and of a later run, are told apart', async () => {
  const store = openStore(await writeDataset('webdataset'));
  const runs = [
    { ...RUN, firstShard: 0 },
    { ...RUN, firstShard: 1, index: ['b.parquet'], extensions: ['png'] },
  ];
  expect(await readDatasetFacts(store, runs)).toMatchObject({
    index: ['a.parquet', 'b.parquet'],
    extensions: ['jpg', 'png'],
  });
  expect((await readDatasetFacts(store, runs.slice(1)))?.shards.map(({ name }) => name)).toEqual(['00001']);
});
