import { oneLine } from '../../core/errors.ts';
import { METADATA_LINES, parseShardFileName, type ShardFileKind, shardFileName } from '../../shards/files.ts';
import type { DatasetFacts } from '../loader-files/dataset-facts.ts';
import type { MetadataLines } from '../loader-files/metadata-lines.ts';
import { indexFiles, TAR_INDEX_KINDS, type TarIndexes } from '../loader-files/tar/tar-indexes.ts';
import { type FileState, findDatasetFiles } from '../loader-files/written-files.ts';
import type { Store } from '../store/store.ts';
import type { Finding, FindingList } from './findings.ts';

export interface LoaderFilesToVerify {
  readonly store: Store;
  /** Entries of the dataset that have the name of a shard's file but are something else, such as "a folder". */
  readonly odd: ReadonlyMap<ShardFileKind, string>;
  /** Whether the run wrote loader files, so that they must exist. */
  readonly loaderFiles: boolean;
}

/** A loader file as it should be. */
export interface ExpectedFile {
  readonly name: string;
  readonly content: Buffer;
}

/** The loader files of a shard, made from the samples that were read. Only tars and folders have any. */
export function expectedFiles(
  shard: string,
  read: { readonly tars: ReadonlyMap<string, TarIndexes>; readonly folder: MetadataLines },
  kind: ShardFileKind,
): readonly ExpectedFile[] {
  if (kind === 'tar') return [...read.tars].flatMap(([tar, indexes]) => indexFiles(tar, indexes));
  if (kind !== 'folder') return [];
  return [{ name: `${shardFileName(shard, kind)}/${METADATA_LINES}`, content: read.folder.content() }];
}

/** Compares the loader files of a shard with what they should be. */
export async function verifyLoaderFiles(
  { store, odd, loaderFiles }: LoaderFilesToVerify,
  expected: readonly ExpectedFile[],
  findings: FindingList,
): Promise<void> {
  for (const { name, content } of expected) {
    const file = parseShardFileName(name);
    const what = file?.part === 0 ? odd.get(file.kind) : undefined;
    const found = what === undefined ? await store.read(name).catch(oneLine) : null;
    if (what !== undefined) findings.add(name, `is ${what}, not a file`);
    else if (typeof found === 'string') findings.add(name, `cannot be read: ${found}`);
    else if (found === null) {
      if (loaderFiles) findings.add(name, 'is missing; --repair writes it again');
    } else if (!found.equals(content)) {
      findings.add(name, 'does not describe the samples; --repair writes it again');
    }
  }
}

export const isTarIndex = (kind: ShardFileKind): boolean =>
  (TAR_INDEX_KINDS as readonly ShardFileKind[]).includes(kind);

/**
 * Compares the files that describe the dataset with its shards. Those that people edit need not agree with them, nor with
 * what another version of laion-fetch would write.
 */
export async function verifyDatasetFiles(store: Store, facts: DatasetFacts): Promise<readonly Finding[]> {
  const files = await findDatasetFiles(store, facts);
  return files.flatMap(({ name, isEdited, state }) => {
    return state === 'current' || isEdited ? [] : [{ file: name, problem: PROBLEMS[state] }];
  });
}

const PROBLEMS: Readonly<Record<Exclude<FileState, 'current'>, string>> = {
  missing: 'is missing; --repair writes it again',
  stale: 'does not describe the shards as they are now; --repair writes it again',
  foreign: 'is not what laion-fetch wrote; remove it, then --repair writes it again',
};
