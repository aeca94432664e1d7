import { expect, test } from 'vitest';
import { resolveOptions } from '../../../src/config/resolve.ts';
import type { ShardId } from '../../../src/core/samples.ts';
import { failedRows } from '../../../src/run/retry/failed-rows.ts';
import { failure, row, SHAPE, success, temporaryFolder, writeSamples } from '../../output/samples.ts';

test('rows that were never requested come before rows whose requests failed, each at its own index', async () => {
  const { folder, scratch } = await temporaryFolder();
  const sample = (page: number, attempts: number | null) => ({
    row: row({ url: `https://a.org/${page}.jpg` }),
    result:
      attempts === null
        ? success()
        : failure(attempts === 0 ? 'host_dead' : 'connection_reset', { attempts }),
  });
  const samples = [1, 1, 0, null, 2, 0].map((attempts, page) => sample(page, attempts));
  await writeSamples({ folder, scratch, samples, shape: SHAPE, id: 0 });

  const batches = failedRows({
    output: folder,
    options: resolveOptions([]).options,
    shards: [0 as ShardId],
    codes: new Set(['host_dead', 'connection_reset']),
    signal: new AbortController().signal,
  });
  const found: [index: number, url: string | null][] = [];
  const ends: boolean[] = [];
  for await (const { rows, endsShard } of batches) {
    for (const { index, row } of rows) found.push([index, row.url]);
    ends.push(endsShard);
  }
  expect(found).toEqual([2, 5, 0, 1, 4].map((page) => [page, `https://a.org/${page}.jpg`]));
  expect(ends).toEqual([false, false, true]);
});
