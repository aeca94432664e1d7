import { createHash } from 'node:crypto';
import { oneLine } from '../../core/errors.ts';
import { METADATA_LINES, type SampleKind } from '../../shards/files.ts';
import type { Store, StoreEntry } from '../store/store.ts';
import { imageMember, isImageColumn } from './image-column.ts';
import { mdsSamples } from './mds-reader.ts';
import { SIGNATURE_BYTES } from './signatures.ts';
import { type TarMember, tarMembers } from './tar-reader.ts';
import { decodeExample, type RecordValue } from './tf-example.ts';
import { tfRecords } from './tfrecord-reader.ts';

/** A file of a sample, as found in the dataset. */
export interface StoredMember {
  readonly extension: string;
  /** The complete file, but only the first bytes of an image in a tar unless `images` is set. */
  readonly content: Uint8Array;
}

/** Consecutive members with the same key, or a record. */
export interface StoredSample {
  readonly key: string;
  /** Folder of its files within that of the shard; absent for none. */
  readonly subfolder?: string;
  readonly members: readonly StoredMember[];
  /** Only a record has it: its bytes, from which the members are made, and its values by name. */
  readonly record?: { readonly bytes: Uint8Array; readonly values: ReadonlyMap<string, RecordValue> };
}

interface NamedMember extends StoredMember {
  readonly key: string;
  readonly subfolder?: string;
}

/** No more than this of a member is ever held in memory. */
const MAX_MEMBER_BYTES = 2 ** 30;

const WHOLE_EXTENSIONS: ReadonlySet<string> = new Set(['json', 'txt']);

export interface StoredSampleOptions {
  /** Whether images in a tar are read completely. */
  readonly images: boolean;
  /** Whether img2dataset wrote the tar, in which samples are in the order of their arrival. */
  readonly adopted?: boolean;
  /** Where the samples of a folder come in its order, by their keys; absent for the order of the keys themselves. */
  readonly position?: (key: string) => number;
  /** Called with the SHA-256 of the tar, or of each file of the folder, when its end is reached; `name` is its path. */
  readonly onSha256: (name: string, sha256: string) => void;
  /** Called with each member of a tar, in its order, and the name of the tar. */
  readonly onMember?: (member: Omit<TarMember, 'content'>, tar: string) => void;
  /** Called with a problem of a tar that does not end the reading, and the key of the sample if it concerns one. */
  readonly onProblem: (problem: string, key?: string) => void;
}

/**
 * The samples of a shard, one at a time, in the order of its files or, for a folder or an adopted tar, of their keys.
 * Throws if a file ends early or the folder cannot be read. `names`: the files in order, or the folder.
 */
export async function* storedSamples(
  store: Store,
  kind: SampleKind,
  names: readonly string[],
  options: StoredSampleOptions,
): AsyncGenerator<StoredSample> {
  for (const name of names) {
    try {
      yield* samplesOf(store, kind, name, options);
    } catch (error) {
      throw names.length === 1 ? error : new Error(`${name}: ${oneLine(error)}`, { cause: error });
    }
  }
}

function samplesOf(
  store: Store,
  kind: SampleKind,
  name: string,
  options: StoredSampleOptions,
): AsyncGenerator<StoredSample> {
  if (kind === 'tfrecord') return recordSamples(store, name, options);
  if (kind === 'mds') return mdsFile(store, name, options);
  if (kind === 'folder') return grouped(folderMembers(store, name, options));
  return options.adopted ? tarSamplesByKey(store, name, options) : grouped(tarFiles(store, name, options));
}

async function* tarFiles(
  store: Store,
  tar: string,
  options: StoredSampleOptions,
): AsyncGenerator<NamedMember> {
  const { images, onMember, onSha256, onProblem } = options;
  const isWhole = (extension: string): boolean => images || WHOLE_EXTENSIONS.has(extension);
  const members = tarMembers(store.stream(tar), {
    wanted: (name) => (isWhole(nameParts(name).extension) ? MAX_MEMBER_BYTES : SIGNATURE_BYTES),
    onSha256: (sha256) => onSha256(tar, sha256),
    onProblem: (problem, name) => onProblem(problem, name === undefined ? undefined : nameParts(name).key),
  });
  for await (const { content, ...member } of members) {
    onMember?.(member, tar);
    yield { ...nameParts(member.name), content };
  }
}

/** Each record has the image under the name of its format, or as `image`, whose format the bytes tell. */
async function* recordSamples(
  store: Store,
  file: string,
  { onSha256, onProblem }: StoredSampleOptions,
): AsyncGenerator<StoredSample> {
  const records = tfRecords(store.stream(file), MAX_MEMBER_BYTES, (sha256) => onSha256(file, sha256));
  for await (const bytes of records) {
    const values = decodeExample(bytes);
    const key = textOf(values.get('key'));
    if (key === null) {
      onProblem('a record has no key');
      continue;
    }
    const members = [...values].flatMap(([name, value]): StoredMember[] => {
      const content = onlyBytes(value);
      return content === null || (name !== 'txt' && !isImageColumn(name))
        ? []
        : [name === 'txt' ? { extension: name, content } : imageMember(name, content)];
    });
    members.sort((a, b) => (a.extension < b.extension ? -1 : 1));
    yield { key, members, record: { bytes, values } };
  }
}

/** Each sample has the members of one in a tar as columns, and its key. */
async function* mdsFile(
  store: Store,
  file: string,
  { onSha256, onProblem }: StoredSampleOptions,
): AsyncGenerator<StoredSample> {
  const limits = { fileBytes: (await store.size(file)) ?? 0, sampleBytes: MAX_MEMBER_BYTES };
  for await (const values of mdsSamples(store.stream(file), limits, (sha256) => onSha256(file, sha256))) {
    const key = values.get('key');
    if (key === undefined) {
      onProblem('a sample has no key');
      continue;
    }
    const members = [...values]
      .filter(([name]) => name !== 'key')
      .map(([name, content]) =>
        isImageColumn(name) ? imageMember(name, content) : { extension: name, content },
      );
    members.sort((a, b) => (a.extension < b.extension ? -1 : 1));
    yield { key: Buffer.from(key).toString('utf8'), members };
  }
}

function onlyBytes(value: RecordValue | undefined): Uint8Array | null {
  return value?.kind === 'bytes' && value.values.length === 1 ? (value.values[0] ?? null) : null;
}

function textOf(value: RecordValue | undefined): string | null {
  const bytes = onlyBytes(value);
  return bytes === null ? null : Buffer.from(bytes).toString('utf8');
}

/** A member of an adopted tar, without its content. */
interface Place extends Pick<TarMember, 'start' | 'bytes'> {
  readonly extension: string;
}

/** Reads the tar once to find its samples, then each of them. Memory grows with the number of members, not their size. */
async function* tarSamplesByKey(
  store: Store,
  tar: string,
  { images, onMember, onSha256, onProblem }: StoredSampleOptions,
): AsyncGenerator<StoredSample> {
  const samples = new Map<string, Place[]>();
  const members = tarMembers(store.stream(tar), {
    wanted: () => 0,
    pax: true,
    onSha256: (sha256) => onSha256(tar, sha256),
    onProblem: (problem, name) => onProblem(problem, name === undefined ? undefined : nameParts(name).key),
  });
  let last: string | undefined;
  for await (const { content: _, ...member } of members) {
    onMember?.(member, tar);
    const { name, start, bytes } = member;
    const { key, extension } = nameParts(name);
    const places = samples.get(key) ?? [];
    if (places.length > 0 && key !== last) {
      onProblem('the members of the sample are not adjacent', key);
      continue;
    }
    samples.set(key, [...places, { extension, start, bytes }]);
    last = key;
  }
  for (const [key, places] of [...samples].sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield { key, members: await readMembers(store, tar, places, images) };
  }
}

/** Reads adjacent members with one access; sorts them by their extensions. */
async function readMembers(
  store: Store,
  tar: string,
  places: readonly Place[],
  images: boolean,
): Promise<StoredMember[]> {
  const from = Math.min(...places.map(({ start }) => start));
  const length = Math.max(...places.map(({ start, bytes }) => start + bytes)) - from;
  if (length > MAX_MEMBER_BYTES) throw new Error(`it has a sample of ${length} bytes`);
  const content = length === 0 ? Buffer.alloc(0) : await store.readRange(tar, from, length);
  return places
    .map(({ extension, start, bytes }) => {
      const isWhole = images || WHOLE_EXTENSIONS.has(extension);
      const end = start + (isWhole ? bytes : Math.min(bytes, SIGNATURE_BYTES));
      return { extension, content: content.subarray(start - from, end - from) };
    })
    .sort((a, b) => (a.extension < b.extension ? -1 : 1));
}

async function* folderMembers(
  store: Store,
  folder: string,
  { position = () => 0, onSha256, onProblem }: StoredSampleOptions,
): AsyncGenerator<NamedMember> {
  const entries = await folderEntries(store, folder);
  const placed = entries.map((entry) => ({ ...entry, position: position(nameParts(entry.name).key) }));
  placed.sort((a, b) => a.position - b.position || (a.name < b.name ? -1 : 1));
  for (const { name, kind, subfolder } of placed) {
    if (name === METADATA_LINES && subfolder === undefined) continue;
    const { key, extension } = nameParts(name);
    const within = subfolder === undefined ? name : `${subfolder}/${name}`;
    if (kind !== 'file') {
      onProblem(`${within} is not a regular file`, key);
      continue;
    }
    const path = `${folder}/${within}`;
    const content = await store.read(path);
    if (content === null) throw new Error(`${within} has disappeared`);
    onSha256(path, createHash('sha256').update(content).digest('hex'));
    yield { key, ...(subfolder !== undefined && { subfolder }), extension, content };
  }
}

type FolderEntry = StoreEntry & { readonly subfolder?: string };

/** The entries of a shard's folder and of its subfolders. */
async function folderEntries(store: Store, folder: string): Promise<readonly FolderEntry[]> {
  const entries = await store.list(folder);
  if (entries === null) throw new Error('the folder is missing');
  const found: FolderEntry[] = [];
  for (const entry of entries) {
    const { name: subfolder, kind } = entry;
    const inside = kind === 'folder' ? ((await store.list(`${folder}/${subfolder}`)) ?? []) : [];
    if (inside.length === 0) found.push(entry);
    for (const each of inside) found.push({ ...each, subfolder });
  }
  return found;
}

async function* grouped(members: AsyncIterable<NamedMember>): AsyncGenerator<StoredSample> {
  let sample: (StoredSample & { readonly members: StoredMember[] }) | undefined;
  for await (const { key, subfolder, ...member } of members) {
    if (sample?.key === key && sample.subfolder === subfolder) {
      sample.members.push(member);
      continue;
    }
    if (sample !== undefined) yield sample;
    sample = { key, ...(subfolder !== undefined && { subfolder }), members: [member] };
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
