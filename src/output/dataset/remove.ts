import {
  METADATA_LINES,
  parseShardFileName,
  type ShardFile,
  type ShardFileKind,
  shardFileName,
} from '../../shards/files.ts';
import { type Numbering, shardName } from '../../shards/names.ts';
import { readChecksums } from '../checksums/checksum-file.ts';
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
  await removeFiles(
    store,
    ours.filter(({ kind }) => kind === 'stats'),
  );
  for (const file of ours.filter(({ kind }) => kind === 'folder')) await removeSamples(store, file.shard);
  await removeFiles(
    store,
    ours.filter(({ kind }) => kind !== 'folder' && kind !== 'stats'),
  );
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
  await removeFiles(
    store,
    files.filter(({ kind }) => kind === 'stats'),
  );
  for (const file of files.filter(isFolder)) await removeSamples(store, file.shard);
  await removeFiles(
    store,
    files.filter((file) => !isFolder(file) && file.kind !== 'stats'),
  );
  if (files.length > 0) await store.remove([shardFileName(shard, 'rights')]);
  return files.length > 0;
}

const nameOf = ({ shard, kind, part }: ShardFile): string => shardFileName(shard, kind, part);

async function removeFiles(store: Store, files: readonly ShardFile[]): Promise<void> {
  if (files.length > 0) await store.remove(files.map(nameOf));
}

const isOurs = (name: string): boolean => MEMBER_NAME.test(name) || name === METADATA_LINES;

/** Removes numbered samples, what loaders know of them, and those that the checksum file names: rows may have named them. */
async function removeSamples(store: Store, shard: string): Promise<void> {
  const folder = shardFileName(shard, 'folder');
  const recorded = await recordedSamples(store, shard);
  await removeWithin(store, folder, ({ name }, path) => isOurs(name) || recorded.has(path));
}

/** Removes the entries of a folder and of its subfolders that are samples, then the folders that are empty. */
async function removeWithin(
  store: Store,
  folder: string,
  isSample: (entry: StoreEntry, path: string) => boolean,
): Promise<boolean> {
  const removed: string[] = [];
  const entries = (await store.list(folder)) ?? [];
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.kind === 'folder') {
      if (await removeWithin(store, path, isSample)) removed.push(path);
    } else if (isSample(entry, path)) removed.push(path);
  }
  const isEmpty = removed.length === entries.length;
  await store.remove(isEmpty ? [...removed, folder] : removed);
  return isEmpty;
}

/** Paths in the checksum file of a shard; none if it is missing or damaged. */
async function recordedSamples(store: Store, shard: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const file = shardFileName(shard, 'checksums');
  if ((await store.size(file)) === null) return names;
  try {
    for await (const { name } of readChecksums(store, file)) names.add(name);
  } catch {
    // What it names up to there is ours.
  }
  return names;
}
