import { usageError } from '../../core/errors.ts';
import { openStoredShard } from '../../output/read/stored-shard.ts';
import { openStore } from '../../output/store/open-store.ts';
import { sampleKey, shardName } from '../../shards/names.ts';
import { numberingOf } from '../index/numbering.ts';
import { reservedNames } from '../index/reserved-names.ts';
import { SeenKeys } from '../index/seen-keys.ts';
import type { MergePlan } from './plan-merge.ts';

/**
 * Refuses datasets with the same key, where rows have given keys to samples. Of more rows than `SeenKeys` remembers, only
 * the last ones are compared.
 */
export async function refuseSameKeys({ shards, runs }: MergePlan): Promise<void> {
  // Numbers differ by themselves, but a row may have given a number to its sample.
  if (runs.length < 2 || shards.every(({ after }) => after.keyCol === null)) return;
  const seen = new SeenKeys(shards.some(({ after }) => after.outputFormat === 'files'));
  for (const { source, from, to, before, after } of shards) {
    const name = shardName(from, numberingOf(before));
    const stored = await openStoredShard(openStore(source), name, reservedNames(before));
    const keyIn = stored.column('key');
    let index = 0;
    for await (const group of stored.rows()) {
      for (const row of group) {
        const key = after.keyCol === null ? sampleKey(to, index, numberingOf(after)) : keyIn(row);
        index += 1;
        if (typeof key !== 'string' || seen.add(key)) continue;
        throw usageError(
          `Cannot merge '${source}': an earlier sample has the key '${key}', too; number all samples anew with --renumber`,
        );
      }
    }
  }
}
