import type { IndexFile, IndexRow, RowPick } from '../../inputs/file/index-file.ts';

export interface RowSelection {
  /** Maximum rows over all files; null for all. */
  readonly limit: number | null;
  /** Fraction of the rows, 0 to 1; null for all. */
  readonly sample: number | null;
  readonly seed: number;
}

interface FileSelection {
  /** Position of the file among those of the index. */
  readonly file: number;
  readonly selection: RowSelection;
  readonly signal: AbortSignal;
}

/**
 * The rows of a file that `--sample` picks, from the picked row `from` (counted from 0) on. The choice depends only on
 * the seed, the position of the file and the position of the row.
 */
export async function* selectRows(
  index: IndexFile,
  {
    from,
    columns,
    file,
    selection,
    signal,
  }: FileSelection & { readonly from: number; readonly columns: readonly number[] },
): AsyncGenerator<readonly IndexRow[]> {
  const { sample, seed } = selection;
  if (sample === null) {
    yield* index.rows({ from, columns, signal });
    return;
  }
  const isRowPicked = (position: number): boolean => isPicked(seed, file, position, sample);
  let position = 0;
  for (let picked = 0; picked < from; position += 1) {
    if (isRowPicked(position)) picked += 1;
  }
  for await (const batch of index.rows({ from: position, columns, signal })) {
    const start = position;
    const rows = batch.filter((_, at) => isRowPicked(start + at));
    position += batch.length;
    if (rows.length > 0) yield rows;
  }
}

/** Number of rows that `selectRows` gives in all, where that takes no read of all rows; null if it does. */
export async function countSelected(
  index: Pick<IndexFile, 'rowCount' | 'count'>,
  { file, selection: { sample, seed }, signal }: FileSelection,
): Promise<number | null> {
  const rows = index.rowCount ?? (await index.count?.(signal)) ?? null;
  return rows === null || sample === null ? rows : countPicked(rows, { file, sample, seed, signal });
}

/** Rows of a file that `--sample` picks, of so many. Lets other work go first from time to time. */
export async function countPicked(
  rowCount: number,
  { file, sample, seed, signal }: { file: number; sample: number; seed: number; signal: AbortSignal },
): Promise<number> {
  let picked = 0;
  for (let position = 0; position < rowCount; position += 1) {
    if (position % COUNTED_AT_ONCE === COUNTED_AT_ONCE - 1) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      signal.throwIfAborted();
    }
    if (isPicked(seed, file, position, sample)) picked += 1;
  }
  return picked;
}

const COUNTED_AT_ONCE = 50_000;

/** Whether a row belongs to a seeded random fraction: compares a 32-bit hash of its position with the fraction. */
function isPicked(seed: number, file: number, position: number, fraction: number): boolean {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  for (const word of [file, position >>> 0, Math.floor(position / 2 ** 32)]) h = mix(h, word);
  return h < fraction * 2 ** 32;
}

function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0xc2b2ae35);
  h = (h ^ (h >>> 15)) >>> 0;
  h = Math.imul(h, 0x27d4eb2f);
  return (h ^ (h >>> 13)) >>> 0;
}

/** The rows of a file that `--sample` picks, also as SQL; null for all. */
export function pickedRows(file: number, { sample, seed }: RowSelection): RowPick | null {
  if (sample === null) return null;
  const start = mix(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b), file);
  const sql = (row: string): string => {
    const words = [`CAST(${row} % ${2 ** 32} AS UBIGINT)`, `CAST(${row} // ${2 ** 32} AS UBIGINT)`];
    const hash = words.reduce(mixSql, `${start}::UBIGINT`);
    return `CAST(${hash} AS DOUBLE) < ${sample * 2 ** 32}::DOUBLE`;
  };
  return { picks: (row) => isPicked(seed, file, row, sample), sql };
}

/** `mix` in DuckDB, where the product of two 32-bit numbers fits a UBIGINT. */
function mixSql(hash: string, word: string): string {
  const times = (value: string, factor: number): string => `((${value} * ${factor}::UBIGINT) & 4294967295)`;
  const shifted = (value: string, by: number): string => `xor(${value}, ${value} >> ${by})`;
  return shifted(times(shifted(times(`xor(${hash}, ${word})`, 0xc2b2ae35), 15), 0x27d4eb2f), 13);
}
