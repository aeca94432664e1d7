import { inputError } from '../core/errors.ts';
import { openStore } from '../output/store/open-store.ts';
import { findFinishedShards } from './report/finished-shards.ts';
import { countRights } from './rights/count-rights.ts';
import type { RightsFigures } from './rights/rights-counter.ts';

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
  return countRights(
    store,
    withMetadata.map(({ name }) => name),
    (error) => {
      throw error;
    },
  );
}
