import { mkdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const COPY_OPTIONS: Readonly<Record<string, string>> = {
  parquet: 'FORMAT parquet',
  txt: 'FORMAT csv, HEADER false',
  csv: 'FORMAT csv, HEADER',
  tsv: "FORMAT csv, HEADER, DELIMITER '\t'",
  'tsv without a header': "FORMAT csv, HEADER false, DELIMITER '\t'",
  json: 'FORMAT json, ARRAY true',
  // For a SELECT of one row of lists.
  'json by columns': 'FORMAT json, ARRAY false',
  jsonl: 'FORMAT json, ARRAY false',
};

/**
 * Writes each SELECT as a file of this format into a folder. Returns the path of the only file, or of the folder. A
 * `folder` that is named like a file is the only file.
 */
export async function writeIndex(
  folder: string,
  selects: readonly string[],
  inputFormat = 'parquet',
): Promise<string> {
  const isFile = extname(folder) !== '';
  if (!isFile) await mkdir(folder);
  const [format = '', compression] = inputFormat.split('.');
  const options = `${COPY_OPTIONS[format]}${compression === undefined ? '' : ', COMPRESSION gzip'}`;
  const paths = selects.map((_, file) => (isFile ? folder : join(folder, `part-${file}.${inputFormat}`)));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  for (const [file, select] of selects.entries()) {
    await connection.run(`COPY (${select}) TO '${paths[file]}' (${options})`);
  }
  connection.closeSync();
  instance.closeSync();
  const [only, ...others] = paths;
  return only === undefined || others.length > 0 ? folder : only;
}
