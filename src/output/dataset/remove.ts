import { parseShardFileName, type ShardFile, type ShardFileKind, shardFileName } from '../../shards/files.ts';
import { type Numbering, shardName } from '../../shards/names.ts';
import type { Store, StoreEntry } from '../store/store.ts';

const MEMBER_NAME = /^\d+\.(avif|gif|jpg|json|png|txt|webp)$/;

/**
 * Removes a dataset and nothing else: the files of every shard that has statistics, the files of unfinished shards
 * (recognized by names that fit the numbering) and the state folder `.laion-fetch`. Without a numbering (null, if no
 * manifest shows that this folder holds a dataset), only shards with statistics are removed. A shard's folder loses only
 * its samples and remains if it holds anything else.
 */
export async function removeDataset(
  store: Store,
  numbering: Pick<Numbering, 'shardDigits'> | null,
): Promise<void> {
  const entries = (await store.list()) ?? [];
  const files = entries.flatMap((entry) => {
    const file = parseShardFileName(entry.name);
    return file !== null && (entry.kind === 'folder') === (file.kind === 'folder') ? [file] : [];
  });
  const done = new Set(files.filter((file) => file.kind === 'stats').map((file) => file.shard));
  const isUnfinished = ({ shard, id }: ShardFile): boolean =>
    numbering !== null && shard === shardName(id, numbering);
  const ours = files.filter((file) => done.has(file.shard) || isUnfinished(file));
  await removeFiles(store, ours.filter(({ kind }) => kind !== 'folder').sort(statsFirst));
  for (const file of ours.filter(({ kind }) => kind === 'folder')) await removeSamples(store, nameOf(file));
  await store.removeFolder('.laion-fetch');
}

/**
 * Removes everything in a dataset that is named like a file of this shard, statistics first. Returns false if there was
 * nothing. A link is removed, but not its target; a folder loses only its samples. Throws if a folder has the name of a
 * file.
 */
export async function removeShard(store: Store, shard: string): Promise<boolean> {
  const files = ((await store.list()) ?? []).flatMap((entry) => {
    const file = parseShardFileName(entry.name);
    return file?.shard === shard ? [{ ...file, entry }] : [];
  });
  const isFolder = ({ kind, entry }: { kind: ShardFileKind; entry: StoreEntry }): boolean =>
    kind === 'folder' && entry.kind === 'folder';
  await removeFiles(store, files.filter((file) => !isFolder(file)).sort(statsFirst));
  for (const file of files.filter(isFolder)) await removeSamples(store, nameOf(file));
  return files.length > 0;
}

/** An interrupted removal must not leave a shard that looks finished but lacks files. */
function statsFirst(a: ShardFile, b: ShardFile): number {
  return Number(b.kind === 'stats') - Number(a.kind === 'stats');
}

const nameOf = ({ shard, kind }: ShardFile): string => shardFileName(shard, kind);

async function removeFiles(store: Store, files: readonly ShardFile[]): Promise<void> {
  if (files.length > 0) await store.remove(files.map(nameOf));
}

async function removeSamples(store: Store, folder: string): Promise<void> {
  const members = (await store.list(folder)) ?? [];
  const samples = members.filter(({ name }) => MEMBER_NAME.test(name)).map(({ name }) => `${folder}/${name}`);
  await store.remove(samples.length === members.length ? [...samples, folder] : samples);
}
