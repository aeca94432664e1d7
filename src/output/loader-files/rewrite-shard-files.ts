import { METADATA_LINES, shardFileName } from '../../shards/files.ts';
import { storedSamples } from '../read/stored-samples.ts';
import { keyPositions, openStoredShard } from '../read/stored-shard.ts';
import type { Store } from '../store/store.ts';
import { MetadataLines, samplePath } from './metadata-lines.ts';
import { TAR_INDEX_KINDS, TarIndexes } from './tar/tar-indexes.ts';

/** Writes the loader files of a finished shard from its tar or folder. Throws if it is damaged. */
export async function rewriteShardFiles(store: Store, shard: string): Promise<void> {
  const stored = await openStoredShard(store, shard, new Set());
  const kind = (await store.size(shardFileName(shard, 'tar'))) === null ? 'folder' : 'tar';
  const name = shardFileName(shard, kind);
  const positions = kind === 'folder' ? await keyPositions(stored) : null;
  const indexes = new TarIndexes();
  const lines = new MetadataLines();
  const samples = storedSamples(store, kind, name, {
    images: false,
    adopted: stored.stats.adopted === true,
    ...(positions === null ? {} : { position: (key: string) => positions.get(key) ?? -1 }),
    onSha256: () => {},
    onMember: (member) => indexes.add(member),
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  for await (const sample of samples) if (kind === 'folder') lines.add(samplePath(sample), sample.members);
  if (kind === 'folder') await store.write(`${name}/${METADATA_LINES}`, lines.content().toString('utf8'));
  else await replaceIndexes(store, shard, indexes);
}

async function replaceIndexes(store: Store, shard: string, indexes: TarIndexes): Promise<void> {
  const transaction = await store.begin('replacement', 0);
  try {
    for (const { kind, content } of indexes.contents()) {
      const file = await transaction.createFile(shardFileName(shard, kind));
      await file.write([content]);
      await file.finish();
    }
    await transaction.commit(shardFileName(shard, TAR_INDEX_KINDS[0] ?? 'daliIndex'));
  } catch (error) {
    await transaction.discard();
    throw error;
  }
}
