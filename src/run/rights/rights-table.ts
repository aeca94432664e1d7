import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inputError } from '../../core/errors.ts';
import { RIGHTS_SOURCES, RightsTable } from '../../output/metadata/rights-table.ts';
import { MetadataReader } from '../../output/read/stored-rows.ts';
import { openStore } from '../../output/store/open-store.ts';
import { PendingFile } from '../../output/store/pending-file.ts';
import { writeError } from '../../output/store/write-error.ts';
import { shardFileName } from '../../shards/files.ts';
import { syncFolder } from '../../util/files/sync-folder.ts';
import { findFinishedShards } from '../report/finished-shards.ts';

const WANTED = RIGHTS_SOURCES.map((column) => ({ column }));

/**
 * Writes what is known about the rights of every row of a dataset, denied and failed ones too, as Parquet without images; in
 * the order of the index, a row group at a time in memory. The file at `path`, on the local disk, is replaced when the new
 * one is complete. Returns the number of rows. Throws a UserError if there is no dataset, or if the disk refuses.
 */
export async function writeRightsTable(output: string, path: string): Promise<number> {
  const store = openStore(output);
  const { shards } = await findFinishedShards(store);
  const withMetadata = shards.filter(({ hasMetadata }) => hasMetadata);
  if (withMetadata.length === 0) {
    throw inputError(
      `Cannot list the rights of '${output}': expected finished shards with their .parquet files, found none`,
    );
  }
  const beside = `${path}.${process.pid}.tmp`;
  const file = await PendingFile.create(beside, 0);
  const reader = await MetadataReader.open();
  let rows = 0;
  try {
    const table = new RightsTable(file);
    for (const { name } of withMetadata) {
      const metadata = await store.localPath(shardFileName(name, 'parquet'));
      for await (const batch of reader.values(metadata, WANTED)) {
        for (const row of batch) await table.add(row);
        rows += batch.length;
      }
    }
    await table.finish();
    await rename(beside, path).catch((error: unknown) => {
      throw writeError(path, error, 0);
    });
    await syncFolder(dirname(path));
    return rows;
  } catch (error) {
    await file.discard();
    throw error;
  } finally {
    reader.close();
  }
}
