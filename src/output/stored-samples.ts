import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { SIGNATURE_BYTES } from './signatures.ts';

/** A file of a sample as it was found. */
export interface StoredMember {
  readonly extension: string;
  /** The whole file for JSON and text; of a picture, unless it is asked for whole, the first bytes. */
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

const END_OF_ARCHIVE_BYTES = 1024;

const WHOLE_EXTENSIONS: ReadonlySet<string> = new Set(['json', 'txt']);

export interface StoredSampleOptions {
  /** Whether pictures are read whole. */
  readonly pictures: boolean;
  /** Told the SHA-256 of a tar once it was read to its end. */
  readonly onSha256: (sha256: string) => void;
}

/**
 * The samples of a shard, one at a time: of a tar in its order, of a folder in the order of their keys. Throws where
 * the tar is broken or ends early, or the folder cannot be read.
 */
export function storedSamples(
  kind: 'tar' | 'folder',
  path: string,
  options: StoredSampleOptions,
): AsyncGenerator<StoredSample> {
  return kind === 'tar' ? tarSamples(path, options) : grouped(folderMembers(path, options));
}

async function* tarSamples(path: string, options: StoredSampleOptions): AsyncGenerator<StoredSample> {
  yield* grouped(tarMembers(path, options));
  if (!(await endsWithZeros(path, END_OF_ARCHIVE_BYTES)))
    throw new Error('the end-of-archive mark is missing');
}

async function* tarMembers(
  path: string,
  { pictures, onSha256 }: StoredSampleOptions,
): AsyncGenerator<NamedMember> {
  const archive = extract();
  const hash = createHash('sha256');
  const file = createReadStream(path).on('data', (chunk) => hash.update(chunk));
  const read = pipeline(file, archive);
  // The iteration below meets the same failure.
  read.catch(() => {});
  for await (const entry of archive) {
    const { name, type } = entry.header;
    const { key, extension } = type === 'file' ? nameParts(name) : { key: name, extension: '' };
    const isWhole = pictures || WHOLE_EXTENSIONS.has(extension);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      if (isWhole || length < SIGNATURE_BYTES) chunks.push(chunk);
      length += chunk.length;
    }
    yield { key, extension, content: Buffer.concat(chunks) };
  }
  await read;
  onSha256(hash.digest('hex'));
}

async function* folderMembers(path: string, { pictures }: StoredSampleOptions): AsyncGenerator<NamedMember> {
  for (const name of (await readdir(path)).sort()) {
    const { key, extension } = nameParts(name);
    const file = join(path, name);
    const isWhole = pictures || WHOLE_EXTENSIONS.has(extension);
    yield { key, extension, content: isWhole ? await readFile(file) : await readHead(file) };
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

async function readHead(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SIGNATURE_BYTES), 0, SIGNATURE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function endsWithZeros(path: string, count: number): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, Math.max(0, size - count));
    return bytesRead === count && buffer.every((byte) => byte === 0);
  } finally {
    await handle.close();
  }
}
