import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Value } from '../../src/core/columns.ts';
import { ParquetFile } from '../../src/output/metadata/parquet-file.ts';
import { openMetadata } from '../../src/output/read/stored-metadata.ts';
import { openStore } from '../../src/output/store/open-store.ts';
import { PendingFile } from '../../src/output/store/pending-file.ts';

type Row = Readonly<Record<string, Value>>;

/** Rewrites a Parquet file with other rows. */
export async function rewriteParquet(
  path: string,
  edit: (rows: readonly Row[]) => readonly Row[],
): Promise<void> {
  const { columns, rows } = await openMetadata(openStore(dirname(path)), basename(path));
  const stored: Row[] = [];
  for await (const group of rows()) {
    stored.push(
      ...group.map((values) => Object.fromEntries(columns.map(({ name }, at) => [name, values[at] ?? null]))),
    );
  }
  await rm(path);
  const file = new ParquetFile(await PendingFile.create(path, 0), columns);
  for (const row of edit(stored)) await file.add(columns.map(({ name }) => row[name] ?? null));
  await file.finish();
}
