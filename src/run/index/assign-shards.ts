import type { Options } from '../../config/resolve.ts';
import type { SampleRow, ShardId } from '../../core/samples.ts';
import { openIndex } from '../../inputs/open.ts';
import { toSampleRow } from '../../inputs/sample-row.ts';
import { sampleKey } from '../../shards/names.ts';
import { placeRow, shardCount } from '../../shards/plan.ts';
import type { OpenedFile, OpenedIndex } from './open-index.ts';
import { SeenUrls } from './seen-urls.ts';
import { selectRows } from './select-rows.ts';

/** A row and its place in its shard. */
export interface ShardRow {
  readonly index: number;
  readonly row: SampleRow;
}

/** Rows of one file that belong to one shard, in its order. */
export interface RowBatch {
  readonly fileName: string;
  readonly id: ShardId;
  readonly rows: readonly ShardRow[];
  /** Whether no further row of the shard comes. */
  readonly endsShard: boolean;
}

export interface AssignOptions {
  readonly options: Options;
  readonly index: OpenedIndex;
  readonly firstShard: ShardId;
  /** Shards whose rows are passed over. */
  readonly done: ReadonlySet<ShardId>;
  readonly signal: AbortSignal;
  /** Told of what is odd about a file that can be read. */
  readonly onNotice: (message: string) => void;
  /** Told how many more rows are left out because earlier ones have their URLs. */
  readonly onDropped: (rows: number) => void;
}

/** Rows of each file of the index that have a place in the dataset, passed-over ones included. */
export type IndexExtent = readonly number[];

/** Reads the index and says of every selected row in which shard it belongs. Returns the index's extent at its end. */
export async function* assignShards(place: AssignOptions): AsyncGenerator<RowBatch, IndexExtent> {
  const { options, index: survey, signal } = place;
  const fileRows: number[] = [];
  const seen = options.dedupe === 'url' ? new SeenUrls() : null;
  let [rows, shards] = [0, 0];
  for (const [position, file] of survey.files.entries()) {
    const limit = (options.limit ?? Number.POSITIVE_INFINITY) - rows;
    if (limit <= 0 || signal.aborted) break;
    const first = (place.firstShard + shards) as ShardId;
    const { read, placed } = yield* assignFile(file, { ...place, position, first, limit, seen });
    fileRows.push(placed);
    rows += read;
    shards += shardCount(placed, options.numberSamplePerShard);
  }
  return fileRows;
}

interface FileAssignment extends AssignOptions {
  readonly position: number;
  readonly first: ShardId;
  readonly limit: number;
  /** URLs of rows before these; null where duplicates are no matter. */
  readonly seen: SeenUrls | null;
}

/** Returns how many rows of the file were selected, and how many of them have a place in the dataset. */
async function* assignFile(
  file: OpenedFile,
  place: FileAssignment,
): AsyncGenerator<RowBatch, { readonly read: number; readonly placed: number }> {
  const { options, done, signal, onNotice, position, first, limit } = place;
  const perShard = options.numberSamplePerShard;
  const isKnown = options.sample === null && options.dedupe === 'none';
  const known = file.rowCount === null || !isKnown ? null : Math.min(file.rowCount, limit);
  const from = known === null ? 0 : rowsDone(known, place);
  if (known !== null && from >= known) return { read: known, placed: known };

  const index =
    file.opened ?? (await openIndex(file.source, { where: options.where ?? undefined, onNotice }));
  try {
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
      const rows = withoutDuplicates(
        selected.map((each) => toSampleRow(each, choice)),
        row,
        place,
      );
      for (let taken = 0; taken < rows.length; ) {
        const { id, index: start } = placeRow(row, first, perShard);
        const some = rows.slice(taken, taken + perShard - start);
        taken += some.length;
        row += some.length;
        if (done.has(id)) continue;
        const placed = some.map((each, at) => ({ index: start + at, row: each }));
        yield { fileName, id, rows: placed, endsShard: row % perShard === 0 };
      }
      if (read >= limit) break;
    }
    const { id, index: start } = placeRow(row, first, perShard);
    if (start > 0 && !done.has(id)) yield { fileName, id, rows: [], endsShard: true };
    return { read, placed: row };
  } finally {
    await index.close();
  }
}

/** Rows from the place `row` of the file on: those with a URL that was there before point to it, or are left out. */
function withoutDuplicates(
  rows: readonly SampleRow[],
  row: number,
  { options, seen, first, onDropped }: FileAssignment,
): readonly SampleRow[] {
  if (seen === null) return rows;
  const { numberSamplePerShard: samplesPerShard, oomShardCount: shardDigits, duplicates } = options;
  const kept: SampleRow[] = [];
  for (const each of rows) {
    const earlier = seen.meet(
      each.tooLong ? null : each.url,
      placeRow(row + kept.length, first, samplesPerShard),
    );
    if (earlier === null) kept.push(each);
    else if (duplicates === 'point') {
      const duplicateOf = sampleKey(earlier.id, earlier.index, { samplesPerShard, shardDigits });
      kept.push({ ...each, duplicateOf });
    }
  }
  onDropped(rows.length - kept.length);
  return kept;
}

/** Rows at the start of a file whose shards are all done. */
function rowsDone(known: number, { options, done, first }: FileAssignment): number {
  const perShard = options.numberSamplePerShard;
  let from = 0;
  while (from < known && done.has(placeRow(from, first, perShard).id)) from += perShard;
  return from;
}

/** Positions of the columns that are read of a file. */
function columnsRead({ choice }: OpenedFile): readonly number[] {
  const { url, caption, hash, boxes, extra } = choice;
  const named = [url, caption, hash, boxes].filter((column) => column !== null);
  return [...new Set([...named, ...extra.map(({ index }) => index)])];
}
