import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { isDynamicPattern } from 'tinyglobby';
import { inputError } from '../core/errors.ts';

/** In the folder of every dataset that this program has written. */
const DATASET_MARK = '.laion-fetch';
/** Files of a shard, or the folder of its samples. */
const SHARD_FILE =
  /^\d+(?:(?:_\d{3,6})?(?:\.tar|\.tfrecord|\.mds|\.idx|\.tar\.idx)|\.parquet|\.sha256|_stats\.json)?$/;
const MAX_DEPTH = 32;

/** What is looked for: `tars` are those of datasets, too, which otherwise are no index. */
export interface Sought {
  readonly tars: boolean;
}

const isOfShard = (name: string, { tars }: Sought): boolean =>
  SHARD_FILE.test(name) && !(tars && name.endsWith('.tar'));

/**
 * The files in a folder and its subfolders, sorted, but for what Spark passes over, names with a leading dot or
 * underscore, and what a dataset in one of these folders consists of.
 * @throws UserError when a folder cannot be listed
 */
export async function filesBelow(folder: string, sought: Sought): Promise<string[]> {
  return (await list(folder, 0, sought)).sort();
}

async function list(folder: string, depth: number, sought: Sought): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw inputError(`Cannot list the folder '${folder}': ${error.message}`, error);
  });
  const isDataset = entries.some(({ name }) => name === DATASET_MARK);
  const found = entries.filter(({ name }) => !/^[._]/.test(name) && !(isDataset && isOfShard(name, sought)));
  const paths = await Promise.all(
    found.map(async (entry) => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return [path];
      return depth < MAX_DEPTH ? list(path, depth + 1, sought) : [];
    }),
  );
  return paths.flat();
}

/** Whether neither a file nor a folder below `base` that it is in has a name with a leading dot or underscore. */
export const isVisible = (path: string, base: string): boolean => !/(?:^|\/)[._]/.test(relative(base, path));

/** The matches of a glob without names with an underscore, unless it matches nothing else. */
export function visibleMatches(paths: readonly string[], base: string): readonly string[] {
  const visible = paths.filter((path) => !/(?:^|\/)_/.test(relative(base, path)));
  return visible.length > 0 ? visible : paths;
}

/** The folders of a glob before the first one with wildcards; `here` if there are none. */
export function fixedFolder(pattern: string, here = '.'): string {
  const parts = pattern.split('/');
  const fixed = parts
    .slice(
      0,
      parts.findIndex((part) => isDynamicPattern(part)),
    )
    .join('/');
  return fixed || (isAbsolute(pattern) ? '/' : here);
}

/** The file or folder that marks a folder as a dataset. */
export const datasetMark = (folder: string): string => join(folder, DATASET_MARK);

/** The paths of a glob without those that belong to a dataset, as `hasMark` tells of a folder. */
export async function withoutShards(
  paths: readonly string[],
  sought: Sought,
  hasMark: (folder: string) => Promise<boolean> = (folder) => exists(datasetMark(folder)),
): Promise<string[]> {
  const known = new Map<string, Promise<boolean>>();
  const isDataset = (folder: string): Promise<boolean> => {
    const found = known.get(folder) ?? hasMark(folder);
    known.set(folder, found);
    return found;
  };
  const isOwn = async (path: string): Promise<boolean> => {
    const folder = dirname(path);
    if (isOfShard(basename(path), sought) && (await isDataset(folder))) return true;
    return SHARD_FILE.test(basename(folder)) && isDataset(dirname(folder));
  };
  const own = await Promise.all(paths.map(isOwn));
  return paths.filter((_, position) => !own[position]);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
