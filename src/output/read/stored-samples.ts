import { createHash } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { SIGNATURE_BYTES } from './signatures.ts';
import { tarMembers } from './tar-reader.ts';

/** A file of a sample, as found in the dataset. */
export interface StoredMember {
  readonly extension: string;
  /** The complete file, but only the first bytes of an image in a tar unless `images` is set. */
  readonly content: Uint8Array;
}

/** Consecutive members with the same key. */
export interface StoredSample {
  readonly key: string;
  readonly members: readonly StoredMember[];
}

interface NamedMember extends StoredMember {
  readonly key: string;
}

/** No more than this of a member is ever held in memory. */
const MAX_MEMBER_BYTES = 2 ** 30;

const WHOLE_EXTENSIONS: ReadonlySet<string> = new Set(['json', 'txt']);

export interface StoredSampleOptions {
  /** Whether images in a tar are read completely. */
  readonly images: boolean;
  /** Called with the SHA-256 of the tar, or of each file of the folder, when its end is reached; `name` is its path. */
  readonly onSha256: (name: string, sha256: string) => void;
  /** Called with a problem of a tar that does not end the reading, and the key of the sample if it concerns one. */
  readonly onProblem: (problem: string, key?: string) => void;
}

/**
 * The samples of a shard, one at a time, in the order of the tar or, for a folder, of their keys. Throws if the tar ends
 * early or the folder cannot be read.
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
