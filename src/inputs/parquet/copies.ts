import type { FileHandle } from 'node:fs/promises';
import type { IndexRow, RowsRequest } from '../file/index-file.ts';
import { tableForCondition } from '../sql/table.ts';
import type { CopiedGroup } from './format/copy.ts';
import type { Footer, RowGroup } from './format/footer.ts';
import { isMisread } from './format/meaning.ts';
import { PageGuard } from './format/pages.ts';
import type { SchemaNode } from './format/schema.ts';
import type { OpenParquet } from './parquet.ts';
import { readTable } from './rows.ts';
import { openCopy } from './view.ts';

/** DuckDB holds about 13 KiB for each chunk of a file that it has read, until it closes the file. */
const MAX_DUCKDB_CHUNKS = 20_000;
/** As much of the file is copied at a time, but at least a row group. */
const [PART_BYTES, PART_CHUNKS] = [64 * 1024 * 1024, 5000];

/**
 * Whether DuckDB does not read the file as it is: parts without values, too many chunks, or types that it fails at or
 * reads as something else.
 */
export function needsCopies({ schema, groups, hasShapes }: Footer): boolean {
  return (
    schema.hasEmptyNodes ||
    hasShapes ||
    schema.root.children.some(hasMisread) ||
    groups.length * schema.leaves.length > MAX_DUCKDB_CHUNKS
  );
}

const hasMisread = (node: SchemaNode): boolean => isMisread(node) || node.children.some(hasMisread);

export interface CopiesOptions {
  readonly textAsBytes: boolean;
  readonly fail: (error: unknown, reached: number) => Error;
}

/** The rows of a file, from copies of some row groups at a time. */
export async function* readCopies(
  { source, footer, condition, notices, refuse }: OpenParquet,
  file: FileHandle,
  request: RowsRequest,
  { textAsBytes, fail }: CopiesOptions,
): AsyncGenerator<readonly IndexRow[]> {
  const { from, signal } = request;
  const { schema, groups } = footer;
  const where = condition?.where;
  const columns = where === undefined ? request.columns : [...schema.root.children.keys()];
  const wanted = columns.length > 0 ? columns : [0];
  const pages = new PageGuard(file, groups, new Set(wanted), refuse);
  let [reached, rowsBefore] = [0, 0];
  for (const part of partsOf(groups, new Set(wanted))) {
    const first = rowsBefore;
    const rows = part.reduce((sum, number) => sum + (groups[number]?.rows ?? 0), 0);
    rowsBefore += rows;
    if (where === undefined && reached + rows <= from) {
      reached += rows;
      continue;
    }
    const copied: CopiedGroup[] = [];
    for (const number of part) {
      copied.push({ rows: groups[number]?.rows ?? 0, lengths: await pages.checkGroup(number) });
      signal?.throwIfAborted();
    }
    const copy = await openCopy(file, { name: source.name, schema, groups: copied, wanted, textAsBytes });
    try {
      const reachedBefore = reached;
      const table = { ...(condition === null ? copy : tableForCondition(copy, condition)), where };
      const skipped = where === undefined ? Math.max(0, from - reached) : 0;
      reached += skipped;
      const batches = readTable(
        table,
        { ...request, from: skipped },
        {
          guard: async () => {},
          fail: (error, row) => fail(error, reachedBefore + row),
          notices,
          rowsBefore: first,
        },
      );
      for await (const batch of batches) {
        const start = reached;
        reached += batch.length;
        if (reached > from) yield start < from ? batch.slice(from - start) : batch;
      }
    } finally {
      await copy.close();
    }
  }
}

/** Numbers of the row groups that are copied together. */
function* partsOf(groups: readonly RowGroup[], wanted: ReadonlySet<number>): Generator<readonly number[]> {
  let part: number[] = [];
  let [bytes, chunks] = [0, 0];
  for (const [number, group] of groups.entries()) {
    const copied = group.chunks.filter(({ leaf }) => wanted.has(leaf.column));
    part.push(number);
    chunks += copied.length;
    for (const { compressedBytes } of copied) bytes += compressedBytes;
    if (bytes < PART_BYTES && chunks < PART_CHUNKS) continue;
    yield part;
    part = [];
    [bytes, chunks] = [0, 0];
  }
  if (part.length > 0) yield part;
}
