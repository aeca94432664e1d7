import type { Options } from '../../config/resolve.ts';
import type { Value } from '../../core/columns.ts';
import { usageError } from '../../core/errors.ts';
import { type FailureCode, isFailureCode } from '../../core/failures.ts';
import type { SampleKey, SampleRow, ShardId } from '../../core/samples.ts';
import { readBoxes } from '../../inputs/fields/boxes.ts';
import { openStoredShard, type StoredShard } from '../../output/read/stored-shard.ts';
import { openStore } from '../../output/store/open-store.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import type { RowBatch, ShardRow } from '../index/assign-shards.ts';
import { mergesCaptions, reservedNames } from '../index/reserved-names.ts';
import { licenceJudge } from '../licences/judge-licences.ts';

export interface FailedRows {
  readonly output: string;
  /** The options of the run that wrote the shards. */
  readonly options: Options;
  readonly shards: readonly ShardId[];
  /** Failures whose rows are read. */
  readonly codes: ReadonlySet<FailureCode>;
  readonly signal: AbortSignal;
}

/**
 * Reads the failed rows from the metadata of finished shards, as they were in the index. Of each shard, rows that were
 * never requested come first, such as those of a host that was given up: a host whose bad rows stand first would be
 * given up again before its good rows were requested.
 */
export async function* failedRows(failed: FailedRows): AsyncGenerator<RowBatch, readonly []> {
  const { output, options, shards, signal } = failed;
  for (const id of shards) {
    const name = shardName(id, { shardDigits: options.oomShardCount });
    const shard = await openStoredShard(openStore(output), name, reservedNames(options));
    const fileName = shardFileName(name, 'parquet');
    for (const wasRequested of [false, true]) {
      for await (const rows of rowsOf(failed, shard, wasRequested)) {
        if (signal.aborted) return [];
        yield { fileName, id, rows, endsShard: false };
      }
    }
    yield { fileName, id, rows: [], endsShard: true };
  }
  return [];
}

/** The failed rows of a shard that were requested, or those that were not, one row group at a time. */
async function* rowsOf(
  { options, codes }: FailedRows,
  shard: StoredShard,
  wasRequested: boolean,
): AsyncGenerator<readonly ShardRow[]> {
  const toRow = rowReader(shard, options);
  const [codeIn, attemptsIn] = [shard.column('failure_code'), shard.column('attempts')];
  let index = 0;
  for await (const group of shard.rows()) {
    const rows: ShardRow[] = [];
    for (const values of group) {
      const code = codeIn(values);
      const isWanted = typeof code === 'string' && isFailureCode(code) && codes.has(code);
      if (isWanted && (attemptsIn(values) !== 0) === wasRequested) rows.push({ index, row: toRow(values) });
      index += 1;
    }
    yield rows;
  }
}

/** Reads rows of a finished shard as they were in the index. */
export function rowReader(shard: StoredShard, options: Options): (values: readonly Value[]) => SampleRow {
  const { bboxCol, keyCol, subfolderCol } = options;
  const { carried, column } = shard;
  const urlIn = column('url');
  const captionIn = shard.caption ? column('caption') : () => null;
  const carriedIn = carried.map(({ name }) => column(name));
  const boxesIn = bboxCol === null ? null : column(requireBoxes(shard, bboxCol));
  const keyIn = keyCol === null ? () => null : column('key');
  const subfolderIn = subfolderCol === null ? () => null : column('subfolder');
  const captionsIn = shard.caption && mergesCaptions(options) ? column('all_captions') : () => null;
  const judge = licenceJudge(options, carried);
  return (values) => {
    const captions = captionsIn(values);
    const subfolder = subfolderIn(values);
    const key = keyIn(values);
    const row = judge({
      url: textOrNull(urlIn(values)),
      caption: textOrNull(captionIn(values)),
      values: carriedIn.map((valueIn) => valueIn(values)),
      ...(typeof key === 'string' && { key: key as SampleKey }),
      ...(typeof subfolder === 'string' && { subfolder }),
      ...(Array.isArray(captions) && { captions }),
    });
    if (boxesIn === null) return row;
    const boxes = readBoxes(boxesIn(values));
    return boxes === undefined
      ? { ...row, unreadable: 'the boxes to blur cannot be read' }
      : { ...row, boxes };
  };
}

/** An image must not stay unblurred: the column has to be there under its own name. */
function requireBoxes({ carried }: StoredShard, bboxCol: string): string {
  if (carried.some(({ name }) => name === bboxCol)) return bboxCol;
  const remedy = 'download the failed rows as a dataset of their own';
  throw usageError(`Cannot retry: the metadata has no regions to blur (--bbox-col ${bboxCol}); ${remedy}`);
}

const textOrNull = (value: Value): string | null => (typeof value === 'string' ? value : null);
