import { createHash } from 'node:crypto';
import type { SmallFile, Store } from '../store/store.ts';
import type { DatasetFacts } from './dataset-facts.ts';
import { DATASET_FILES } from './dataset-files.ts';

/** Digests of what was written under each name, so that nobody else's file is taken for ours. */
type Written = ReadonlyMap<string, readonly string[]>;

/** How a file of the dataset stands: `foreign` has a content that laion-fetch has not written. */
export type FileState = 'current' | 'missing' | 'stale' | 'foreign';

export interface FoundFile {
  readonly name: string;
  readonly isEdited: boolean;
  readonly state: FileState;
}

const RECORD = '.laion-fetch/loader-files.json';

/** Compares the files for loaders with what they should be by the facts. */
export async function findDatasetFiles(store: Store, facts: DatasetFacts): Promise<readonly FoundFile[]> {
  return (await examine(store, facts)).map(({ name, isEdited, state }) => ({ name, isEdited, state }));
}

/** Names of the files that were written, and of those that were left because somebody else has written or edited them. */
export interface WrittenFiles {
  readonly written: readonly string[];
  readonly left: readonly string[];
}

/** Brings the files for loaders up to date. Files that are current are not touched, so that a second call changes nothing. */
export async function writeDatasetFiles(store: Store, facts: DatasetFacts): Promise<WrittenFiles> {
  const files = await examine(store, facts);
  const outdated = files.filter(({ state }) => state === 'missing' || state === 'stale');
  const ours = files.filter(({ state }) => state !== 'foreign');
  const record = new Map(await readWritten(store));
  for (const { name, text, digest } of ours) {
    // The old content as well, in case of a crash before the file is replaced.
    record.set(name, [...new Set([...(digest === null ? [] : [digest]), digestOf(text)])]);
  }
  // The record first, so that nothing of ours is ever taken for somebody else's.
  await store.writeAll([...(await changedRecord(store, record)), ...outdated]);
  return {
    written: outdated.map(({ name }) => name),
    left: files.filter(({ state }) => state === 'foreign').map(({ name }) => name),
  };
}

/** Removes the files that `writeDatasetFiles` wrote, unless somebody has edited them. */
export async function removeDatasetFiles(store: Store): Promise<void> {
  const names: string[] = [];
  for (const [name, digests] of await readWritten(store)) {
    if (digests.includes((await digestIn(store, name)) ?? '')) names.push(name);
  }
  await store.remove(names);
  const folders = new Set(
    names.filter((name) => name.includes('/')).map((name) => name.split('/', 1)[0] ?? ''),
  );
  for (const folder of folders) {
    if ((await store.list(folder))?.length === 0) await store.remove([folder]);
  }
}

async function examine(store: Store, facts: DatasetFacts) {
  const written = await readWritten(store);
  const files = [];
  for (const { name, isEdited = false, content } of DATASET_FILES) {
    const text = content(facts);
    if (text === null) continue;
    const digest = await digestIn(store, name);
    files.push({ name, isEdited, text, digest, state: stateOf(digest, text, written.get(name) ?? []) });
  }
  return files;
}

function stateOf(digest: string | null, text: string, written: readonly string[]): FileState {
  if (digest === null) return 'missing';
  if (digest === digestOf(text)) return 'current';
  return written.includes(digest) ? 'stale' : 'foreign';
}

/** Null if there is no such file. A name that cannot be read is somebody else's. */
async function digestIn(store: Store, name: string): Promise<string | null> {
  const bytes = await store.read(name).catch(() => Buffer.alloc(0));
  return bytes === null ? null : digestOf(bytes);
}

const digestOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

async function readWritten(store: Store): Promise<Written> {
  const text = (await store.read(RECORD))?.toString('utf8') ?? '{}';
  try {
    const { files } = JSON.parse(text) as { files?: Readonly<Record<string, readonly string[]>> };
    const known = new Set(DATASET_FILES.map(({ name }) => name));
    return new Map(
      Object.entries(files ?? {}).filter(([name, digests]) => known.has(name) && Array.isArray(digests)),
    );
  } catch {
    // A damaged record costs nothing but that old files are taken for somebody else's.
    return new Map();
  }
}

/** Nothing if the record is current. */
async function changedRecord(store: Store, written: Written): Promise<SmallFile[]> {
  const text = `${JSON.stringify({ format: 1, files: Object.fromEntries(written) }, null, 2)}\n`;
  return (await store.read(RECORD))?.toString('utf8') === text ? [] : [{ name: RECORD, text }];
}
