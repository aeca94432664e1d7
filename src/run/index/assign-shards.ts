import type { Options } from '../../config/resolve.ts';
import type { SampleRow, ShardId } from '../../core/samples.ts';
import { openIndex } from '../../inputs/open.ts';
import { toSampleRow } from '../../inputs/sample-row.ts';
import type { OwnShards } from '../../shards/own-shards.ts';
import { placeRow, shardCount } from '../../shards/plan.ts';
import { FetchAhead } from './files/fetch-ahead.ts';
import type { MergedCaptions } from './merged-captions.ts';
import type { OpenedFile, OpenedIndex } from './open-index.ts';
import { type OnRepeat, Repeats } from './repeats.ts';
import { countSelected, selectRows } from './select-rows.ts';

/** A row and its position in its shard. */
export interface ShardRow {
  readonly index: number;
  readonly row: SampleRow;
}

/** Rows of one file that belong to one shard, in order. */
export interface RowBatch {
  readonly fileName: string;
  readonly id: ShardId;
  readonly rows: readonly ShardRow[];
  /** Whether the shard has no further rows. */
  readonly endsShard: boolean;
}

export interface AssignOptions {
  readonly options: Options;
  readonly index: OpenedIndex;
  readonly firstShard: ShardId;
  /** Shards whose rows are skipped. */
  readonly done: ReadonlySet<ShardId>;
  /** The shards of this machine, if others have the rest; null or absent for all. */
  readonly own?: OwnShards | null;
  readonly signal: AbortSignal;
  /** Called with a note about a readable but unusual file. */
  readonly onNotice: (message: string) => void;
  /** Called with the number of further rows left out because earlier rows have their URLs. */
  readonly onDropped: (rows: number) => void;
  /** The captions of rows that repeat a URL, for the first row with that; null or absent if they are not merged. */
  readonly captions?: MergedCaptions | null;
  /** Called with each row that repeats a URL, and with the digest of that. */
  readonly onRepeat?: OnRepeat;
}

/** Rows of each index file that are part of the dataset, including skipped ones. */
export type IndexExtent = readonly number[];

/** Reads the index and assigns every selected row to a shard. Returns the extent of the index. */
export async function* assignShards(assign: AssignOptions): AsyncGenerator<RowBatch, IndexExtent> {
  const { options, index, signal } = assign;
  const fileRows: number[] = [];
  const isChecked = options.dedupe === 'url' || options.keyCol !== null;
  const repeats = isChecked ? new Repeats(options, assign) : null;
  const ahead = new FetchAhead();
  let [rows, shards] = [0, 0];
  try {
    for (const [position, file] of index.files.entries()) {
      const limit = (options.limit ?? Number.POSITIVE_INFINITY) - rows;
      if (limit <= 0 || signal.aborted) break;
      const first = (assign.firstShard + shards) as ShardId;
      const fetchNext = () => ahead.start(index.files[position + 1]?.source);
      const { read, assigned } = yield* assignFile(file, {
        ...assign,
        position,
        first,
        limit,
        repeats,
        fetchNext,
      });
      fileRows.push(assigned);
      rows += read;
      shards += shardCount(assigned, options.numberSamplePerShard);
    }
  } finally {
    await ahead.close();
  }
  return fileRows;
}

interface FileAssignment extends AssignOptions {
  readonly position: number;
  readonly first: ShardId;
  readonly limit: number;
  /** Null if rows may repeat URLs and have no keys of their own. */
  readonly repeats: Repeats | null;
  /** Called when the file is needed and all of it is on this machine. */
  readonly fetchNext: () => Promise<void>;
}

/** Returns how many rows of the file were selected, and how many of them are part of the dataset. */
async function* assignFile(
  file: OpenedFile,
  assignment: FileAssignment,
): AsyncGenerator<RowBatch, { readonly read: number; readonly assigned: number }> {
  const { options, signal, onNotice, position, first, limit } = assignment;
  const end = assignment.own?.end ?? null;
  const isSkipped = (id: ShardId): boolean => skips(assignment, id);
  const perShard = options.numberSamplePerShard;
  let isFetched = false;
  const openFile = () => openIndex(file.source, { ...file.options, onNotice });
  let index = file.opened;
  try {
    let known: number | null = null;
    // If every shard is wanted, the end of the file shows by itself.
    if ((isSkipped(first) || end !== null) && assignment.repeats === null) {
      if (file.rowCount === null) index ??= await openFile();
      const counted = index ?? { rowCount: file.rowCount };
      const total = await countSelected(counted, { file: position, selection: options, signal });
      known = total === null ? null : Math.min(total, limit);
    }
    const from = known === null ? 0 : rowsSkipped(known, assignment);
    if (known !== null && from >= known) return { read: known, assigned: known };

    index ??= await openFile();
    let [read, row] = [from, from];
    const { choice } = file;
    const columns = columnsRead(file);
    const fileName = file.source.name;
    for await (const batch of selectRows(index, {
      from,
      columns,
      file: position,
      selection: options,
      signal,
    })) {
      const selected = batch.length > limit - read ? batch.slice(0, limit - read) : batch;
      read += selected.length;
      const rows = withoutRepeats(
        selected.map((each) => toSampleRow(each, choice)),
        row,
        assignment,
      );
      for (let taken = 0; taken < rows.length; ) {
        const { id, index: start } = placeRow(row, first, perShard);
        const some = rows.slice(taken, taken + perShard - start);
        taken += some.length;
        row += some.length;
        if (isSkipped(id)) continue;
        if (!isFetched) void index.fetchRest?.().then(assignment.fetchNext);
        isFetched = true;
        const shardRows = some.map((each, at) => ({ index: start + at, row: each }));
        yield { fileName, id, rows: shardRows, endsShard: row % perShard === 0 };
      }
      if (read >= limit) break;
      if (known !== null && end !== null && placeRow(row, first, perShard).id >= end)
        return { read: known, assigned: known };
    }
    const { id, index: start } = placeRow(row, first, perShard);
    if (start > 0 && !isSkipped(id)) yield { fileName, id, rows: [], endsShard: true };
    return { read, assigned: row };
  } finally {
    await index?.close();
  }
}

/** The rows from position `row` of the file on, without those that are left out. */
function withoutRepeats(
  rows: readonly SampleRow[],
  row: number,
  { options, repeats, first, onDropped }: FileAssignment,
): readonly SampleRow[] {
  if (repeats === null) return rows;
  const kept: SampleRow[] = [];
  for (const each of rows) {
    const taken = repeats.take(each, placeRow(row + kept.length, first, options.numberSamplePerShard));
    if (taken !== null) kept.push(taken);
  }
  onDropped(rows.length - kept.length);
  return kept;
}

/** Rows at the start of the file whose shards are all finished, or those of other machines. */
function rowsSkipped(known: number, assignment: FileAssignment): number {
  const perShard = assignment.options.numberSamplePerShard;
  let from = 0;
  while (from < known && skips(assignment, placeRow(from, assignment.first, perShard).id)) from += perShard;
  return from;
}

const skips = ({ done, own }: Pick<AssignOptions, 'done' | 'own'>, id: ShardId): boolean =>
  done.has(id) || own?.owns(id) === false;

/** Positions of the columns to read from a file. */
export function columnsRead({ choice }: OpenedFile): readonly number[] {
  const { url, caption, hash, boxes, key, subfolder, extra } = choice;
  const named = [hash?.index ?? null, boxes, key?.index ?? null, key?.position ?? null, subfolder];
  const columns = [url, caption, ...named, ...extra.map(({ index }) => index)];
  return [...new Set(columns.filter((column) => column !== null))];
}
