import { METADATA_LINES, shardFileName } from '../../shards/files.ts';
import { samplesFiles } from '../metadata/stats.ts';
import { storedSamples } from '../read/stored-samples.ts';
import { keyPositions, openStoredShard } from '../read/stored-shard.ts';
import type { Store } from '../store/store.ts';
import { MetadataLines, samplePath } from './metadata-lines.ts';
import { indexFiles, TarIndexes } from './tar/tar-indexes.ts';

/** Writes the loader files of a finished shard from its tar or folder. Throws if it is damaged. */
export async function rewriteShardFiles(store: Store, shard: string): Promise<void> {
  const stored = await openStoredShard(store, shard, new Set());
  const kind = (await store.size(shardFileName(shard, 'tar'))) === null ? 'folder' : 'tar';
  const [name = '', ...others] = samplesFiles(stored.stats, shard, kind);
  const positions = kind === 'folder' ? await keyPositions(stored) : null;
  const indexes = new Map([name, ...others].map((tar) => [tar, new TarIndexes()]));
  const lines = new MetadataLines();
  const samples = storedSamples(store, kind, [name, ...others], {
    images: false,
    adopted: stored.stats.adopted === true,
    ...(positions === null ? {} : { position: (key: string) => positions.get(key) ?? -1 }),
    onSha256: () => {},
    onMember: (member, tar) => indexes.get(tar)?.add(member),
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  for await (const sample of samples) if (kind === 'folder') lines.add(samplePath(sample), sample.members);
  if (kind === 'folder') await store.write(`${name}/${METADATA_LINES}`, lines.content().toString('utf8'));
  else await replaceIndexes(store, indexes);
}

async function replaceIndexes(store: Store, indexes: ReadonlyMap<string, TarIndexes>): Promise<void> {
  const files = [...indexes].flatMap(([tar, each]) => indexFiles(tar, each));
  const transaction = await store.begin('replacement', 0);
  try {
    for (const { name, content } of files) {
      const file = await transaction.createFile(name);
      await file.write([content]);
      await file.finish();
    }
    await transaction.commit(files[0]?.name ?? '');
  } catch (error) {
    await transaction.discard();
    throw error;
  }
}
