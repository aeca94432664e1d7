import type { Options } from '../../config/resolve.ts';
import type { Value } from '../../core/columns.ts';
import type { IndexFile, IndexRow } from '../../inputs/file/index-file.ts';
import { sampleChecks } from '../../inputs/sample-checks.ts';
import { toSampleRow } from '../../inputs/sample-row.ts';
import { columnsRead } from '../index/assign-shards.ts';
import type { OpenedFile } from '../index/open-index.ts';
import { pickedRows, selectRows } from '../index/select-rows.ts';
import type { IndexCounter } from './count-index.ts';
import { plainUrlPattern } from './plain-url.ts';

interface FilePass {
  readonly file: OpenedFile;
  readonly position: number;
  /** Maximum rows to take. */
  readonly limit: number;
  readonly options: Options;
  /** Ports that may be asked; null for all. */
  readonly ports: readonly number[] | null;
  readonly counter: IndexCounter;
  readonly signal: AbortSignal;
}

/**
 * Counts a file's selected rows and returns their number. Reads the columns that a download reads, so that a plan says what
 * its rows would lose. Where a database reads the file, it sums up most rows.
 */
export async function countFile(index: IndexFile, pass: FilePass): Promise<number> {
  const { file, position, limit, options, counter, signal } = pass;
  const choice = { ...file.choice, extra: [], subfolder: null };
  const area = areaColumns(index);
  const columns = [...new Set([...columnsRead(file), ...(area ?? [])])];
  const rowsBefore = counter.rows;
  const read = { from: 0, columns, file: position, selection: options, signal };
  const batches = sumUp(index, columns, area, pass) ?? selectRows(index, read);
  for await (const batch of batches) {
    for (const row of batch) {
      const pixels = area === null || 'unreadable' in row ? null : areaOf(row.values, area);
      counter.take({ ...toSampleRow(row, choice), pixels });
      if (counter.rows - rowsBefore === limit) return limit;
    }
  }
  return counter.rows - rowsBefore;
}

/** The rows that a database does not sum up; null if it cannot. */
function sumUp(
  index: IndexFile,
  columns: readonly number[],
  area: readonly [number, number] | null,
  { file, position, limit, options, ports, counter, signal }: FilePass,
): AsyncIterable<readonly IndexRow[]> | null {
  const pattern = plainUrlPattern(ports);
  const checks = sampleChecks(index.columns, file.choice);
  if (pattern === null || checks === null || index.sumUp === undefined) return null;
  const url = { column: file.choice.url, pattern };
  const pick = pickedRows(position, options);
  return index.sumUp({ columns, url, checks, area, limit, pick, sink: counter, signal });
}

/** Positions of the columns that LAION calls WIDTH and HEIGHT. */
function areaColumns({ columns }: IndexFile): readonly [number, number] | null {
  const find = (wanted: string): number => columns.findIndex(({ name }) => name.toLowerCase() === wanted);
  const [width, height] = [find('width'), find('height')];
  return width === -1 || height === -1 ? null : [width, height];
}

/** In whole pixels, so that the order in which areas are added does not matter. */
function areaOf(values: readonly Value[], [width, height]: readonly [number, number]): number | null {
  const [across, down] = [toLength(values[width]), toLength(values[height])];
  return across > 0 && down > 0 ? Math.round(across * down) : null;
}

function toLength(value: Value | undefined): number {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string'
    ? Number(value)
    : Number.NaN;
}
