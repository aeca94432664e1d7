import type { ShardFile } from '../../shards/files.ts';
import { parseShardFileName, shardFileName } from '../../shards/files.ts';
import { parseImg2datasetStats } from '../metadata/img2dataset-stats.ts';
import { isAdopted } from '../metadata/stats.ts';
import { openMetadata } from '../read/stored-metadata.ts';
import type { Store } from '../store/store.ts';

/** A folder in which img2dataset has written. */
export interface Img2datasetFolder {
  /** Digits of its shards' names. */
  readonly shardDigits: number;
}

const SCRATCH = '_tmp';
const DEFAULT_DIGITS = 5;

/**
 * Recognizes the folder of a dataset that img2dataset wrote, finished or killed: by the statistics of a shard, by the
 * rows that wait in `_tmp`, or by the empty metadata of an unfinished shard. Null for any other folder. It stays such a
 * folder when its shards are adopted.
 */
export async function findImg2dataset(store: Store): Promise<Img2datasetFolder | null> {
  const files = ((await store.list()) ?? []).flatMap(({ name }) => parseShardFileName(name) ?? []);
  for (const file of files) {
    if (await isEvidence(store, file)) return { shardDigits: file.shard.length };
  }
  if ((await scratchFiles(store)).length === 0) return null;
  return { shardDigits: files[0]?.shard.length ?? DEFAULT_DIGITS };
}

async function isEvidence(store: Store, { shard, kind }: ShardFile): Promise<boolean> {
  const name = shardFileName(shard, kind);
  if (kind === 'parquet') return (await store.size(name)) === 0 && (await hasSamples(store, shard));
  if (kind !== 'stats') return false;
  const text = (await store.read(name).catch(() => null))?.toString('utf8') ?? '';
  return parseImg2datasetStats(text) !== null || isAdopted(text);
}

async function hasSamples(store: Store, shard: string): Promise<boolean> {
  for (const kind of ['tar', 'tfrecord'] as const) {
    if ((await store.size(shardFileName(shard, kind))) !== null) return true;
  }
  return (await store.list(shardFileName(shard, 'folder')).catch(() => null)) !== null;
}

/**
 * Whether a file that is named like one of an unfinished shard can be what a killed img2dataset left. Metadata that can
 * be read and has other columns is somebody's file, such as an index.
 */
export async function isLeftover(store: Store, name: string): Promise<boolean> {
  if (parseShardFileName(name)?.kind !== 'parquet') return true;
  const columns = await openMetadata(store, name).then(
    (metadata) => metadata.columns.map((column) => column.name),
    () => null,
  );
  return columns === null || (columns.includes('key') && columns.includes('status'));
}

/** Removes the rows that a killed img2dataset left in `_tmp`, and the folder if there is nothing else in it. */
export async function removeScratchOf(store: Store): Promise<void> {
  const files = await scratchFiles(store);
  if (files.length === 0) return;
  const all = (await store.list(SCRATCH)) ?? [];
  await store.remove(files.length === all.length ? [...files, SCRATCH] : files);
}

async function scratchFiles(store: Store): Promise<string[]> {
  const entries = (await store.list(SCRATCH)) ?? [];
  return entries
    .filter(({ name, kind }) => kind === 'file' && /^\d+\.feather$/.test(name))
    .map(({ name }) => `${SCRATCH}/${name}`);
}
