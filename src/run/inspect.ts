import type { Options } from '../config/resolve.ts';
import type { Column } from '../core/columns.ts';
import { UserError } from '../core/errors.ts';
import { type ColumnChoice, describeParts, type Parts } from '../inputs/columns.ts';
import type { IndexFile, IndexRow, IndexSource } from '../inputs/file/index-file.ts';
import { openIndex } from '../inputs/open.ts';
import { shardCount } from '../shards/plan.ts';
import { findIndexFiles } from './index/files/find-index-files.ts';
import { chooseFrom, openEach, tellLargeColumns } from './index/open-index.ts';
import { readOptions } from './index/read-options.ts';

/** How a download would use a column; null if it would not read it. */
type ColumnRole = 'url' | 'caption' | 'hash' | 'boxes' | 'key' | 'carried' | null;

export interface InspectedFile {
  readonly source: IndexSource;
  /** Rows that a download would take, after `--where`. */
  readonly rowCount: number;
  /** Shards that these rows make. */
  readonly shards: number;
  readonly columns: readonly (Column & { readonly role: ColumnRole })[];
  /** The first five, with a value for each column. */
  readonly firstRows: readonly IndexRow[];
  /** Why a download could not detect the columns' roles; null if it can. */
  readonly problem: string | null;
}

const FIRST_ROWS = 5;

/** Describes the files of an index. Reads a file to its end if it does not store its number of rows. */
export async function inspectIndex(
  patterns: readonly string[],
  options: Options,
  onNotice: (message: string) => void,
): Promise<InspectedFile[]> {
  const sources = await findIndexFiles(patterns, options);
  const openings = await openEach(sources, readOptions(options), onNotice);
  const parts = describeParts(openings.map(({ columns }) => columns));
  const files: InspectedFile[] = [];
  for (const { source, opened, options: reading } of openings) {
    const index = opened ?? (await openIndex(source, { ...reading, onNotice }));
    try {
      files.push(await inspectFile(index, options, parts, onNotice));
    } finally {
      await index.close();
    }
  }
  return files;
}

async function inspectFile(
  index: IndexFile,
  options: Options,
  parts: Parts,
  onNotice: (message: string) => void,
): Promise<InspectedFile> {
  const { choice, problem } = tryChoice(index, options, parts);
  if (choice !== null) tellLargeColumns(index, choice, onNotice);
  const { firstRows, rowCount } = await readRows(index);
  return {
    source: index.source,
    rowCount,
    shards: shardCount(rowCount, options.numberSamplePerShard),
    columns: index.columns.map((column, position) => ({ ...column, role: roleOf(position, choice) })),
    firstRows,
    problem,
  };
}

/** Unclear columns are a result here, not an error: users inspect an index to find them. */
function tryChoice(
  index: IndexFile,
  options: Options,
  parts: Parts,
): { readonly choice: ColumnChoice | null; readonly problem: string | null } {
  try {
    return { choice: chooseFrom(index, options, parts), problem: null };
  } catch (error) {
    if (error instanceof UserError) return { choice: null, problem: error.message };
    throw error;
  }
}

async function readRows(index: IndexFile): Promise<Pick<InspectedFile, 'firstRows' | 'rowCount'>> {
  const firstRows: IndexRow[] = [];
  let read = 0;
  // A file without columns has no rows to read.
  if (index.columns.length === 0) return { firstRows, rowCount: 0 };
  for await (const batch of index.rows({ from: 0, columns: [...index.columns.keys()] })) {
    firstRows.push(...batch.slice(0, FIRST_ROWS - firstRows.length));
    read += batch.length;
    if (index.rowCount !== null && firstRows.length === FIRST_ROWS) break;
  }
  return { firstRows, rowCount: index.rowCount ?? read };
}

function roleOf(position: number, choice: ColumnChoice | null): ColumnRole {
  if (choice === null) return null;
  if (choice.hash?.index === position) return 'hash';
  if (choice.key?.index === position) return 'key';
  const named = (['url', 'caption', 'boxes'] as const).find((role) => choice[role] === position);
  return named ?? (choice.extra.some(({ index }) => index === position) ? 'carried' : null);
}
