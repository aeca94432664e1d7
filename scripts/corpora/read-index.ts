/** Answers each question `{path}` with the columns, types and values of the file, or with `refused`. */
import { createInterface } from 'node:readline';
import { UserError } from '../../src/core/errors.ts';
import { FORMATS } from '../../src/inputs/formats.ts';
import { findSources } from '../../src/inputs/sources.ts';
import type { Message } from './peer.ts';

/** More values of a file are counted, not compared. */
const MAX_VALUES = 200_000;

async function read(path: string): Promise<Message> {
  const inputFormat = /\.(?:parquet|parq)$/.test(path) || path.includes('/parquet/') ? 'parquet' : 'arrow';
  const notices: string[] = [];
  const [source] = await findSources([path], { inputFormat });
  if (source === undefined) throw new Error('expected a source');
  // Without what an index is more than a file: a row for each URL of a list, columns of folders.
  const open = await FORMATS[source.format].load();
  const file = await open(source, { onNotice: (notice) => notices.push(notice) });
  try {
    const rows: unknown[] = [];
    let count = 0;
    const columns = [...file.columns.keys()];
    for await (const batch of file.rows({ from: 0, columns })) {
      count += batch.length;
      if (rows.length * columns.length < MAX_VALUES) rows.push(...batch.map(toJson));
    }
    return { columns: file.columns, count, promised: file.rowCount, rows, notices };
  } finally {
    await file.close();
  }
}

/** The values of a row; the positions of lost ones apart. */
function toJson(row: object): unknown {
  if (!('values' in row)) return row;
  const lost = 'lost' in row && row.lost instanceof Map ? [...row.lost.keys()] : [];
  return { values: row.values, lost };
}

/** JSON with integers of any size as texts, bytes in hex, and numbers that are not finite as texts. */
function replace(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)))
    return String(value);
  // A Buffer has already become an object here.
  const bytes: unknown = (this as Message)[key];
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { path } = JSON.parse(line);
  const answer = await read(path).catch((error: unknown) => {
    if (error instanceof UserError) return { refused: error.message };
    return { bug: error instanceof Error ? error.stack : String(error) };
  });
  process.stdout.write(`${JSON.stringify(answer, replace)}\n`);
}
