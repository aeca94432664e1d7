import { inputError } from '../core/errors.ts';
import { RESERVED_COLUMNS } from '../core/reserved-columns.ts';
import { MetadataReader } from '../output/read/stored-rows.ts';
import { openStore } from '../output/store/open-store.ts';
import { shardFileName } from '../shards/files.ts';
import { combineCredits } from './attribution/credit.ts';
import { imageCredit } from './attribution/image-credit.ts';
import { indexCreditReader, isCreditColumn } from './attribution/index-credit.ts';
import { rightsRecord } from './attribution/rights-record.ts';
import { findFinishedShards } from './report/finished-shards.ts';
import { RightsCounter, type RightsFigures } from './rights/rights-counter.ts';

const WANTED = ['url', 'failure_code', 'rights'] as const;

/** Reads what owners have said, and who they are, from the metadata of a dataset. */
export async function rightsOf(output: string): Promise<RightsFigures> {
  const store = openStore(output);
  const { shards } = await findFinishedShards(store);
  const withMetadata = shards.filter(({ hasMetadata }) => hasMetadata);
  if (withMetadata.length === 0) {
    throw inputError(
      `Cannot read what owners said in '${output}': expected finished shards with their .parquet files, found none`,
    );
  }
  const counter = new RightsCounter();
  const reader = await MetadataReader.open();
  try {
    for (const { name } of withMetadata) {
      await countShard(reader, await store.localPath(shardFileName(name, 'parquet')), counter);
    }
  } finally {
    reader.close();
  }
  return counter.figures();
}

/** Counts the rows of one shard, whose metadata are the file at `path`. */
async function countShard(reader: MetadataReader, path: string, counter: RightsCounter): Promise<void> {
  const carried = (await reader.columnNames(path)).filter(
    (name) => !RESERVED_COLUMNS.has(name) && isCreditColumn(name),
  );
  const creditOf = indexCreditReader(carried.map((name) => ({ name })));
  const wanted = [...WANTED, ...carried].map((column) => ({ column }));
  for await (const batch of reader.values(path, wanted)) {
    for (const [url, code, rights, ...values] of batch) {
      const record = rightsRecord(rights ?? null);
      // The column `rights` is the index's own if it holds no record.
      const said = values.map((value, at) => (carried[at] === 'rights' && record !== null ? null : value));
      counter.add({
        url: typeof url === 'string' ? url : '',
        code: typeof code === 'string' ? code : null,
        record,
        credit: typeof code === 'string' ? null : combineCredits(creditOf(said), imageCredit(record)),
      });
    }
  }
}
