import type { Options } from '../../config/resolve.ts';
import { openIndex } from '../../inputs/open.ts';
import { readStats } from '../../output/metadata/stats.ts';
import { openStore } from '../../output/store/open-store.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import type { PreparedOutput } from '../dataset/prepare-output.ts';
import type { RunListener } from '../engine/events.ts';
import { Tally } from '../engine/tally.ts';
import type { OpenedFile, OpenedIndex } from '../index/open-index.ts';
import { countPicked, countSelected, selectRows } from '../index/select-rows.ts';
import { estimateSelectedRows } from './estimate-rows.ts';

/** Outcomes in the shards that earlier starts of the run finished. */
export async function tallyFinishedShards(
  { output, done }: PreparedOutput,
  { oomShardCount }: Options,
): Promise<Tally> {
  const store = openStore(output);
  const tally = new Tally();
  for (const id of done) {
    const name = shardFileName(shardName(id, { shardDigits: oomShardCount }), 'stats');
    const stats = await readStats(store, name);
    tally.addCounts(stats.successes, stats.failure_codes);
  }
  return tally;
}

/** Rows of the whole index that the options select; null if only reading the index can tell. */
export function countSelectedRows(
  { files }: OpenedIndex,
  { limit, sample, dedupe, duplicates }: Options,
): number | null {
  const isThinned = sample !== null || (dedupe === 'url' && duplicates === 'drop');
  let rows = 0;
  for (const { rowCount } of files) {
    if (rowCount === null || isThinned) return null;
    rows += rowCount;
  }
  return Math.min(rows, limit ?? rows);
}

/** A short run has ended by then. */
const COUNT_AFTER_MS = 400;
/** The pause between two batches: twice as long as a batch took, so that the run goes first, but not longer than this. */
const MOST_REST_MS = 10;

export interface CountBeside {
  readonly index: OpenedIndex;
  readonly options: Options;
  readonly emit: RunListener;
  /** Aborted when the number is no longer needed. */
  readonly signal: AbortSignal;
}

/**
 * Counts the rows that the options select, by a second look at the index while the run goes on, and emits `total` events:
 * perhaps an estimate, then the count. Standard input cannot be read twice, and remote files are not fetched twice, so they
 * are not counted. Never rejects: the run itself reports what is wrong with the index.
 */
export async function countBeside({ index: { files }, options, emit, signal }: CountBeside): Promise<void> {
  if (files.some(({ opened, rowCount, source }) => opened !== null || (source.remote && rowCount === null)))
    return;
  const { limit, dedupe, duplicates } = options;
  const most = limit ?? Number.POSITIVE_INFINITY;
  const tell = (rows: number, kind: 'exact' | 'about'): void => {
    if (!signal.aborted) emit({ type: 'total', rows: Math.min(Math.round(rows), most), kind });
  };
  try {
    const estimate = await estimateSelectedRows(files, options);
    if (estimate !== null) tell(estimate, 'about');
    await new Promise((resolve) => setTimeout(resolve, COUNT_AFTER_MS));
    let rows = 0;
    for (const [position, file] of files.entries()) {
      signal.throwIfAborted();
      rows += await countFile(file, position, { options, signal });
      if (rows >= most) break;
    }
    tell(rows, dedupe === 'url' && duplicates === 'drop' ? 'about' : 'exact');
  } catch {
    // Aborted, or a damaged file, which the run finds as well.
  }
}

async function countFile(
  { source, rowCount, options: reading }: OpenedFile,
  file: number,
  { options, signal }: Pick<CountBeside, 'options' | 'signal'>,
): Promise<number> {
  const { sample, seed } = options;
  if (rowCount !== null)
    return sample === null ? rowCount : countPicked(rowCount, { file, sample, seed, signal });
  const index = await openIndex(source, reading);
  try {
    const counted = await countSelected(index, { file, selection: options, signal });
    if (counted !== null) return counted;
    let rows = 0;
    let startedAt = performance.now();
    for await (const batch of selectRows(index, { from: 0, columns: [], file, selection: options, signal })) {
      rows += batch.length;
      const restMs = Math.min(MOST_REST_MS, 2 * (performance.now() - startedAt));
      await new Promise((resolve) => setTimeout(resolve, restMs));
      startedAt = performance.now();
    }
    return rows;
  } finally {
    await index.close();
  }
}
