import { RESERVED_COLUMNS } from '../../core/reserved-columns.ts';
import { rightsRecord } from '../../output/metadata/rights-record.ts';
import { MetadataReader } from '../../output/read/stored-rows.ts';
import type { Store } from '../../output/store/store.ts';
import { shardFileName } from '../../shards/files.ts';
import { combineCredits } from '../attribution/credit.ts';
import { imageCredit } from '../attribution/image-credit.ts';
import { indexCreditReader, isCreditColumn } from '../attribution/index-credit.ts';
import { RightsCounter, type RightsFigures } from './rights-counter.ts';

const WANTED = ['url', 'failure_code', 'rights'] as const;

/** Counts what the metadata of these shards, such as `00042`, say about rights. Metadata that cannot be read go to `onUnread`. */
export async function countRights(
  store: Store,
  shards: readonly string[],
  onUnread: (error: unknown) => void,
): Promise<RightsFigures> {
  const counter = new RightsCounter();
  const reader = await MetadataReader.open();
  try {
    for (const shard of shards) {
      try {
        await countShard(reader, await store.localPath(shardFileName(shard, 'parquet')), counter);
      } catch (error) {
        onUnread(error);
      }
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
