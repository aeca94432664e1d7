import type { Dirent } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseShardFileName, type ShardFile, type ShardFileKind } from './files.ts';
import { type Numbering, shardName } from './names.ts';

const MEMBER_NAME = /^\d+\.(avif|gif|jpg|json|png|txt|webp)$/;

/**
 * Removes a dataset from its folder, and nothing else: the files of every shard that has statistics, those of
 * unfinished shards (known by the numbering's form of name) and the run's own folder `.laion-fetch`. Without a numbering
 * (null, where no manifest tells that the folder is a dataset's) only shards with statistics go. In a shard's folder only
 * samples go, so that it stays where it holds anything foreign.
 */
export async function removeDataset(
  folder: string,
  numbering: Pick<Numbering, 'shardDigits'> | null,
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.flatMap((entry) => {
    const file = parseShardFileName(entry.name);
    return file !== null && entry.isDirectory() === (file.kind === 'folder') ? [{ ...file, entry }] : [];
  });
  const done = new Set(files.filter((file) => file.kind === 'stats').map((file) => file.shard));
  const isUnfinished = ({ shard, id }: ShardFile): boolean =>
    numbering !== null && shard === shardName(id, numbering);
  const ours = files.filter((file) => done.has(file.shard) || isUnfinished(file));
  // Statistics go first: a removal that is cut short must not leave shards that look done and lack files.
  for (const file of ours.filter(({ kind }) => kind === 'stats')) await removeFile(folder, file);
  for (const file of ours.filter(({ kind }) => kind !== 'stats')) await removeFile(folder, file);
  await rm(join(folder, '.laion-fetch'), { recursive: true, force: true });
}

/**
 * Removes whatever stands in a dataset's folder under the names of one shard, statistics first; tells whether there was
 * anything. Of a link only the link goes, of a folder only samples. Throws where a folder stands in a file's place.
 */
export async function removeShard(folder: string, shard: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.flatMap((entry) => {
    const file = parseShardFileName(entry.name);
    return file?.shard === shard ? [{ kind: file.kind, entry }] : [];
  });
  files.sort((a, b) => Number(b.kind === 'stats') - Number(a.kind === 'stats'));
  for (const file of files) await removeFile(folder, file);
  return files.length > 0;
}

async function removeFile(
  folder: string,
  { kind, entry }: { readonly kind: ShardFileKind; readonly entry: Dirent },
): Promise<void> {
  const path = join(folder, entry.name);
  if (kind !== 'folder' || !entry.isDirectory()) return rm(path, { force: true });
  const members = await readdir(path);
  const samples = members.filter((name) => MEMBER_NAME.test(name));
  for (const name of samples) await rm(join(path, name), { force: true });
  if (samples.length === members.length) await rmdir(path);
}
