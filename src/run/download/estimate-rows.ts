import { open } from 'node:fs/promises';
import type { Options } from '../../config/resolve.ts';
import type { IndexSource } from '../../inputs/file/index-file.ts';
import type { OpenedFile } from '../index/open-index.ts';

const SAMPLED_BYTES = 1024 * 1024;
const LINE_END = 0x0a;

/** About how many rows the options select; null if nothing tells before all rows are read. */
export async function estimateSelectedRows(
  files: readonly OpenedFile[],
  { sample, where }: Pick<Options, 'sample' | 'where'>,
): Promise<number | null> {
  let rows = 0;
  for (const { source, rowCount } of files) {
    const about = rowCount ?? (where === null ? await estimateLines(source) : null);
    if (about === null) return null;
    rows += about;
  }
  return rows * (sample ?? 1);
}

/** The lines of a file with a row in each, by the lines of its first MiB; null for any other file. */
async function estimateLines({ path, format, compression, bytes }: IndexSource): Promise<number | null> {
  if (path === null || bytes === null || compression !== 'none') return null;
  if (format === 'parquet' || format === 'arrow' || format === 'json') return null;
  const file = await open(path).catch(() => null);
  if (file === null) return null;
  try {
    const buffer = Buffer.alloc(Math.min(SAMPLED_BYTES, bytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    let lines = 0;
    for (let at = 0; at < bytesRead; at += 1) if (buffer[at] === LINE_END) lines += 1;
    return lines === 0 ? null : (lines / bytesRead) * bytes;
  } finally {
    await file.close();
  }
}
