import { type Options, withDatasetSettings } from '../config/resolve.ts';
import { type Column, STRING, type Value } from '../core/columns.ts';
import { usageError } from '../core/errors.ts';
import { parseStoreLocation } from '../core/store-schemes.ts';
import { ParquetFile } from '../output/metadata/parquet-file.ts';
import { openStoredShard } from '../output/read/stored-shard.ts';
import { openStore } from '../output/store/open-store.ts';
import { shardName } from '../shards/names.ts';
import { type Credit, creditReader } from './attribution/attribution-columns.ts';
import { AttributionText } from './attribution/attribution-text.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import { readManifest } from './dataset/manifest.ts';
import { reservedNames } from './index/reserved-names.ts';
import { finishedShards } from './retry/count-failures.ts';

const ATTRIBUTION_FILES = ['ATTRIBUTION.parquet', 'ATTRIBUTION.md'] as const;

const COLUMNS: readonly Column[] = [
  ...['key', 'url', 'creator', 'title', 'page', 'licence', 'licence_text'].map((name) => ({
    name,
    type: STRING,
  })),
];
const NO_CREDIT: Credit = { creator: null, title: null, page: null, licences: [], licenceText: null };

export interface Attributed {
  readonly output: string;
  readonly images: number;
  /** Images whose creator, and whose licence, is known. */
  readonly creators: number;
  readonly licences: number;
}

/**
 * Writes who made the images of a dataset and under which licence: `ATTRIBUTION.parquet` with a row for each image, and
 * `ATTRIBUTION.md` by licence and creator. Reads the metadata only, in the order of the index, so that the same dataset
 * gives the same files. Throws a UserError if there is no dataset, or if its columns name neither.
 */
export async function attribution(output: string, given: Options): Promise<Attributed> {
  if (parseStoreLocation(output) !== null) {
    const remedy =
      'copy its folder .laion-fetch, its Parquet files and its statistics to this machine, without the images';
    throw usageError(`Cannot list who made '${output}': expected a local folder, found a store; ${remedy}`);
  }
  const manifest = await readManifest(output);
  if (manifest === null)
    throw usageError(`Cannot list who made '${output}': there is no manifest of a dataset`);
  const unlock = await lockOutput(output);
  try {
    const store = openStore(output);
    await store.recover();
    const transaction = await store.begin('new', 0);
    try {
      const [table, page] = ATTRIBUTION_FILES;
      const parquet = new ParquetFile(await transaction.createFile(table), COLUMNS);
      const text = new AttributionText();
      const counts = { images: 0, creators: 0, licences: 0 };
      let says = false;
      for (const [position, run] of manifest.runs.entries()) {
        const options = withDatasetSettings(given, run.options);
        for (const id of await finishedShards(output, run, manifest.runs[position + 1], options)) {
          const name = shardName(id, { shardDigits: options.oomShardCount });
          const shard = await openStoredShard(store, name, reservedNames(options));
          const reader = creditReader(shard.carried);
          says ||= reader !== null;
          const carriedIn = shard.carried.map((column) => shard.column(column.name));
          const [codeIn, keyIn, urlIn] = ['failure_code', 'key', 'url'].map((column) => shard.column(column));
          for await (const group of shard.rows()) {
            for (const row of group) {
              if (codeIn?.(row) !== null) continue;
              const credit = reader?.(carriedIn.map((valueIn) => valueIn(row))) ?? NO_CREDIT;
              const url = String(urlIn?.(row) ?? '');
              counts.images += 1;
              if (credit.creator !== null) counts.creators += 1;
              if (credit.licences.length > 0) counts.licences += 1;
              text.add(credit, url);
              await parquet.add(rowOf(keyIn?.(row) ?? null, url, credit));
            }
          }
        }
      }
      if (!says) {
        const expected = 'expected columns such as author, creator, license or license_url';
        throw usageError(
          `Cannot list who made '${output}': ${expected} among those of its index, found none`,
        );
      }
      await parquet.finish();
      const file = await transaction.createFile(page);
      await file.write([Buffer.from(text.text())]);
      await file.finish();
      await transaction.commit(page);
      return { output, ...counts };
    } catch (error) {
      await transaction.discard();
      throw error;
    }
  } finally {
    await unlock();
  }
}

const rowOf = (key: Value, url: string, { creator, title, page, licences, licenceText }: Credit): Value[] => [
  key,
  url,
  creator,
  title,
  page,
  licences.length === 0 ? null : licences.join(' OR '),
  licenceText,
];
