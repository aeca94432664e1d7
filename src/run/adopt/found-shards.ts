import type { OutputFormat } from '../../core/choices.ts';
import { type FoundShard, findShards } from '../../output/dataset/ledger.ts';
import { openStore } from '../../output/store/open-store.ts';

/** The format of a dataset by the samples of its finished shards; null if no format of ours has such files. */
export async function detectFormat(output: string): Promise<OutputFormat | null> {
  const kinds = (await sortedShards(output)).map((shard) => sampleKind(shard));
  if (kinds.includes('tar')) return 'webdataset';
  return kinds.includes('folder') ? 'files' : null;
}

/** Everything that is named like a shard, in the order of the numbers. */
export async function sortedShards(output: string): Promise<readonly FoundShard[]> {
  return (await findShards(openStore(output))).sort((a, b) => a.id - b.id);
}

/** Which file of a finished shard has its samples; null if it is unfinished or of another format. */
export function sampleKind({ kinds }: FoundShard): 'tar' | 'folder' | null {
  if (!kinds.has('stats')) return null;
  if (kinds.has('tar')) return 'tar';
  return kinds.has('folder') ? 'folder' : null;
}
