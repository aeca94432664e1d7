import { createHash } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { SIGNATURE_BYTES } from './signatures.ts';
import { tarMembers } from './tar-reader.ts';

/** A file of a sample as it was found. */
export interface StoredMember {
  readonly extension: string;
  /** The complete file; of an image in a tar only the first bytes, unless `images` is set. */
  readonly content: Uint8Array;
}

/** Members that stand beside each other under one key. */
export interface StoredSample {
  readonly key: string;
  readonly members: readonly StoredMember[];
}

interface NamedMember extends StoredMember {
  readonly key: string;
}

/** More of a member is never held in memory. */
const MAX_MEMBER_BYTES = 2 ** 30;

const WHOLE_EXTENSIONS: ReadonlySet<string> = new Set(['json', 'txt']);

export interface StoredSampleOptions {
  /** Whether images in a tar are read completely. */
  readonly images: boolean;
  /** Told the SHA-256 of the tar, or of each file of the folder, once it was read to its end; named by its path. */
  readonly onSha256: (name: string, sha256: string) => void;
  /** Told what is wrong with a tar that can be read on, with the key of the sample where one is concerned. */
  readonly onProblem: (problem: string, key?: string) => void;
}

/**
 * The samples of a shard, one at a time: of a tar in its order, of a folder in the order of their keys. Throws where
 * the tar ends early or the folder cannot be read.
 */
export function storedSamples(
  store: Store,
  kind: 'tar' | 'folder',
  name: string,
  options: StoredSampleOptions,
): AsyncGenerator<StoredSample> {
  return grouped(kind === 'tar' ? tarFiles(store, name, options) : folderMembers(store, name, options));
}

async function* tarFiles(
  store: Store,
  tar: string,
  options: StoredSampleOptions,
): AsyncGenerator<NamedMember> {
  const { images, onSha256, onProblem } = options;
  const isWhole = (extension: string): boolean => images || WHOLE_EXTENSIONS.has(extension);
  const members = tarMembers(store.stream(tar), {
    wanted: (name) => (isWhole(nameParts(name).extension) ? MAX_MEMBER_BYTES : SIGNATURE_BYTES),
    onSha256: (sha256) => onSha256(tar, sha256),
    onProblem: (problem, name) => onProblem(problem, name === undefined ? undefined : nameParts(name).key),
  });
  for await (const { name, content } of members) yield { ...nameParts(name), content };
}

async function* folderMembers(
  store: Store,
  folder: string,
  { onSha256, onProblem }: StoredSampleOptions,
): AsyncGenerator<NamedMember> {
  const entries = await store.list(folder);
  if (entries === null) throw new Error('the folder is missing');
  for (const { name, kind } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const { key, extension } = nameParts(name);
    if (kind !== 'file') {
      onProblem(`${name} is not a regular file`, key);
      continue;
    }
    const path = `${folder}/${name}`;
    const content = await store.read(path);
    if (content === null) throw new Error(`${name} has disappeared`);
    onSha256(path, createHash('sha256').update(content).digest('hex'));
    yield { key, extension, content };
  }
}

async function* grouped(members: AsyncIterable<NamedMember>): AsyncGenerator<StoredSample> {
  let sample: { readonly key: string; readonly members: StoredMember[] } | undefined;
  for await (const { key, ...member } of members) {
    if (sample?.key === key) {
      sample.members.push(member);
      continue;
    }
    if (sample !== undefined) yield sample;
    sample = { key, members: [member] };
  }
  if (sample !== undefined) yield sample;
}

/** webdataset's rule: the key ends at the first dot. */
function nameParts(name: string): { readonly key: string; readonly extension: string } {
  const dot = name.indexOf('.');
  return dot === -1
    ? { key: name, extension: '' }
    : { key: name.slice(0, dot), extension: name.slice(dot + 1) };
}
