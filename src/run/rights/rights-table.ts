import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Column, STRING } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import { FAILURES, isFailureCode } from '../../core/failures.ts';
import { ParquetFile } from '../../output/metadata/parquet-file.ts';
import { MetadataReader, type Scalar } from '../../output/read/stored-rows.ts';
import { openStore } from '../../output/store/open-store.ts';
import { PendingFile } from '../../output/store/pending-file.ts';
import { writeError } from '../../output/store/write-error.ts';
import { shardFileName } from '../../shards/files.ts';
import { syncFolder } from '../../util/files/sync-folder.ts';
import { imageCredit } from '../attribution/image-credit.ts';
import { rightsRecord } from '../attribution/rights-record.ts';
import { findFinishedShards } from '../report/finished-shards.ts';
import { WITHOUT_RECORD } from './rights-counter.ts';

const WANTED = ['key', 'url', 'status', 'failure_code', 'rights'].map((column) => ({ column }));

const COLUMNS: readonly Column[] = [
  ...['key', 'url', 'status', 'failure_code', 'decision', 'reason', 'mechanism', 'policy', 'signals'],
  ...['creator', 'copyright', 'credit', 'license_url', 'web_statement'],
].map((name) => ({ name, type: STRING }));

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
    const table = new ParquetFile(file, COLUMNS);
    for (const { name } of withMetadata) {
      const metadata = await store.localPath(shardFileName(name, 'parquet'));
      for await (const batch of reader.values(metadata, WANTED)) {
        for (const row of batch) await table.add(rightsRow(row));
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

function rightsRow([key, url, status, code, rights]: readonly Scalar[]): (string | null)[] {
  const record = rightsRecord(rights ?? null);
  const { creator, copyright, credit, licenseUrl, webStatement } = imageCredit(record);
  const isDenied = typeof code === 'string' && isFailureCode(code) && FAILURES[code].stage === 'rights';
  const by = record?.decision === 'unknown' ? undefined : record?.reason?.split(':', 1)[0];
  const policy = record?.['policy'];
  return [
    ...[key, url, status, code].map((value) => (typeof value === 'string' ? value : null)),
    isDenied ? 'deny' : (record?.decision ?? 'unknown'),
    record?.reason ?? null,
    by ?? (isDenied ? (WITHOUT_RECORD[code] ?? code) : null),
    typeof policy === 'string' ? policy : null,
    record === null ? null : JSON.stringify(record.signals),
    ...[creator, copyright, credit, licenseUrl, webStatement],
  ];
}
