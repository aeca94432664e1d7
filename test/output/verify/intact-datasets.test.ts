import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OUTPUT_FORMATS } from '../../../src/core/choices.ts';
import { FAILURES, type FailureCode } from '../../../src/core/failures.ts';
import type { ShardId } from '../../../src/core/samples.ts';
import type { SettledSample } from '../../../src/output/spool/spool.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { verifyDataset } from '../../../src/output/verify/verify.ts';
import { failure, row, SHAPE, success, temporaryFolder, writeSamples } from '../samples.ts';

const FAILURE_CODES = Object.keys(FAILURES) as FailureCode[];

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant(''));
const outcome = fc.oneof(
  fc
    .record({ bytes: fc.nat(2 ** 40), size: fc.integer({ min: 1, max: 3000 }) })
    .map(({ bytes, size }) => success({ bytes: image(size) }, { bytes })),
  fc.constantFrom(...FAILURE_CODES).map((code) => failure(code)),
);
const sample: fc.Arbitrary<SettledSample> = fc
  .record({
    url: fc.option(text),
    caption: fc.option(text),
    value: fc.option(fc.double()),
    result: outcome,
  })
  .map(({ url, caption, value, result }) => ({ row: row({ url, caption, values: [value] }), result }));

const image = (size: number): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(size, 7)]);

it.each(OUTPUT_FORMATS)('verifyDataset() accepts every dataset that was written (%s)', async (format) => {
  const { folder, scratch } = await temporaryFolder();
  const shards = fc.array(fc.array(sample, { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(shards, async (shards) => {
      const shape = {
        ...SHAPE,
        numbering: { samplesPerShard: 12, shardDigits: 5 },
        format,
        loaderFiles: true,
      };
      for (const [id, samples] of shards.entries())
        await writeSamples({ folder, scratch, samples, shape, id });
      const { numbering } = shape;
      const shardRows = shards.map((samples) => samples.length);
      const report = await verifyDataset(openStore(folder), {
        runs: [{ firstShard: 0 as ShardId, format, numbering, loaderFiles: true, shardRows }],
      });
      expect(report.findings).toEqual([]);
      expect(report.rows).toBe(shards.flat().length);
      for (const id of shards.keys()) {
        for (const ending of [
          '',
          '.tar',
          '.tfrecord',
          '.mds',
          '.idx',
          '.tar.idx',
          '.parquet',
          '.sha256',
          '_stats.json',
        ]) {
          await rm(join(folder, `0000${id}${ending}`), { recursive: true, force: true });
        }
      }
    }),
    { numRuns: 15 },
  );
});
