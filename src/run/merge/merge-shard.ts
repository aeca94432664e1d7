import type { Value } from '../../core/columns.ts';
import type { ShardId } from '../../core/samples.ts';
import { openStoredShard } from '../../output/read/stored-shard.ts';
import { openStore } from '../../output/store/open-store.ts';
import { rewriteShard } from '../../output/write/rewrite-shard.ts';
import { type Numbering, numberOfKey, sampleKey, shardName } from '../../shards/names.ts';
import { VERSION } from '../../util/version.ts';
import { numberingOf } from '../index/numbering.ts';
import { pointsToDuplicates, reservedNames } from '../index/reserved-names.ts';
import { datasetShape } from '../stages/stage-settings.ts';
import type { PlannedShard } from './plan-merge.ts';

type Row = readonly Value[];

/** Copies a shard into the merged dataset, with the keys of its new number. */
export async function mergeShard(
  { source, from, to, before, after }: PlannedShard,
  output: string,
): Promise<{ readonly rows: number; readonly samples: number }> {
  const store = openStore(source);
  const [old, numbering] = [numberingOf(before), numberingOf(after)];
  const name = shardName(from, old);
  const stored = await openStoredShard(store, name, reservedNames(before));
  const [keyAt, pointerAt] = ['key', 'duplicate_of'].map((wanted) =>
    stored.columns.findIndex((column) => column.name === wanted),
  );
  const pointer = pointsToDuplicates(before) ? pointerAt : null;
  const shift = to - from;
  const toRow = (row: Row, index: number): Row =>
    row.map((value, at) => {
      if (at === keyAt) return sampleKey(to, index, numbering);
      return at === pointer ? movedKey(value, old, numbering, shift) : value;
    });
  const { count, successes } = await rewriteShard({
    from: { store, name, stored },
    to: { store: openStore(output), name: shardName(to, numbering), kind: 'new' },
    shape: datasetShape(after, { columns: [], caption: stored.caption }),
    columns: stored.columns,
    toRows: (rows, start) => (numbering.isNamed ? rows : rows.map((row, at) => toRow(row, start + at))),
    version: VERSION,
  });
  return { rows: count, samples: successes };
}

/** A pointer to another row of the same run. */
function movedKey(value: Value, old: Numbering, numbering: Numbering, shift: number): Value {
  const place = typeof value === 'string' ? numberOfKey(value, old) : null;
  return place === null ? value : sampleKey((place.id + shift) as ShardId, place.index, numbering);
}
