import type { SampleKind } from '../../shards/files.ts';
import { shardFileName } from '../../shards/files.ts';
import type { Store } from '../store/store.ts';
import { isImageExtension } from './signatures.ts';
import { MetadataReader } from './stored-rows.ts';
import { type StoredSample, storedSamples } from './stored-samples.ts';

export interface ShardOfImages {
  /** `00042`. */
  readonly name: string;
  /** What holds its samples; null if its metadata do. */
  readonly samples: SampleKind | null;
  /** The files of these, in order, or their folder. */
  readonly files: readonly string[];
  readonly isAdopted: boolean;
}

/**
 * The bytes of some images of a shard by their keys, read up to the last of them; those that are not there are missing.
 * Throws if the shard cannot be read.
 */
export async function storedImages(
  store: Store,
  { name, samples: kind, files, isAdopted: adopted }: ShardOfImages,
  wanted: readonly { readonly key: string; readonly subfolder: string | null }[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (kind === 'folder') return imagesInFolder(store, shardFileName(name, kind), wanted);
  const keys = new Set(wanted.map(({ key }) => key));
  if (kind !== null) {
    const options = { images: true, adopted, onSha256: () => {}, onProblem: () => {} };
    return collect(storedSamples(store, kind, files, options), keys);
  }
  const reader = await MetadataReader.open();
  try {
    return await collect(reader.samples(await store.localPath(shardFileName(name, 'parquet'))), keys);
  } finally {
    reader.close();
  }
}

async function collect(
  samples: AsyncIterable<StoredSample>,
  keys: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for await (const { key, members } of samples) {
    const image = keys.has(key) ? members.find(({ extension }) => isImageExtension(extension)) : undefined;
    if (image !== undefined) found.set(key, Uint8Array.from(image.content));
    if (found.size === keys.size) break;
  }
  return found;
}

/** Only names that the folder lists are read, whatever the metadata call a sample. */
async function imagesInFolder(
  store: Store,
  folder: string,
  wanted: Parameters<typeof storedImages>[2],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const subfolders = new Set(
    ((await store.list(folder)) ?? []).filter(({ kind }) => kind === 'folder').map(({ name }) => name),
  );
  for (const subfolder of new Set(wanted.map((sample) => sample.subfolder))) {
    if (subfolder !== null && !subfolders.has(subfolder)) continue;
    const path = subfolder === null ? folder : `${folder}/${subfolder}`;
    const keys = new Set(wanted.filter((sample) => sample.subfolder === subfolder).map(({ key }) => key));
    for (const { name, kind } of (await store.list(path)) ?? []) {
      const dot = name.lastIndexOf('.');
      const key = name.slice(0, Math.max(0, dot));
      if (kind !== 'file' || !keys.has(key) || !isImageExtension(name.slice(dot + 1))) continue;
      const bytes = await store.read(`${path}/${name}`);
      if (bytes !== null) found.set(key, bytes);
    }
  }
  return found;
}
