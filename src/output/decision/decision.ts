import { ObjectError } from '../../objects/interface/object-error.ts';
import type { PartsWriter } from '../../objects/interface/parts-writer.ts';
import { parseShardFileName } from '../../shards/files.ts';

/**
 * Which uploads become the files of a shard. The object that holds it is created only if there is none of its name, so
 * that of several writers one decides and the others carry out what it has decided: no clock, no lock and no rename.
 */
export interface Decision {
  readonly format: 1;
  /** Identifies the writer. */
  readonly attempt: string;
  /** The file that tells readers that the others are complete: it appears last. */
  readonly marker: string;
  /** Whether an older marker has to disappear first. */
  readonly replaces: boolean;
  /** Folders of the shard; what they held before disappears. */
  readonly folders: readonly string[];
  readonly files: readonly DecidedFile[];
}

export interface DecidedFile {
  readonly name: string;
  readonly upload: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  readonly sha256: string;
}

/** Decisions stay, a small object for each time that the shard was written. */
const FOLDER = '.laion-fetch/commit';

export const decisionKey = (shard: string, generation: number): string =>
  `${FOLDER}/${shard}.${String(generation).padStart(4, '0')}`;

/** The shard, `00042`, that a file or a file of a folder belongs to; null if the name is not one of a shard. */
export function shardOf(name: string): string | null {
  const file = parseShardFileName(name);
  if (file !== null) return file.shard;
  const [first = ''] = name.split('/');
  const folder = parseShardFileName(first);
  return folder?.kind === 'folder' ? folder.shard : null;
}

/** How often a shard was decided. */
export async function lastGeneration(objects: PartsWriter, shard: string): Promise<number> {
  let last = 0;
  const prefix = `${FOLDER}/${shard}.`;
  for await (const { key } of objects.list(prefix)) {
    const generation = Number(key.slice(prefix.length));
    if (Number.isInteger(generation)) last = Math.max(last, generation);
  }
  return last;
}

/** The last decision about a shard; null if there was none. */
export async function lastDecision(objects: PartsWriter, shard: string): Promise<Decision | null> {
  const generation = await lastGeneration(objects, shard);
  return generation === 0 ? null : readDecision(objects, decisionKey(shard, generation));
}

export async function readDecision(objects: PartsWriter, key: string): Promise<Decision> {
  const pieces: Uint8Array[] = [];
  for await (const piece of objects.read(key)) pieces.push(piece);
  try {
    const decision = JSON.parse(Buffer.concat(pieces).toString('utf8')) as Decision;
    if (decision.format === 1 && decision.files.every(({ name }) => shardOf(name) !== null)) return decision;
  } catch {
    // Falls through to the message below: the text is not JSON.
  }
  const remedy = 'remove it and, if verify finds the shard damaged, its statistics';
  throw new ObjectError('refused', `'${objects.address(key)}' is damaged; ${remedy}`);
}

/**
 * Makes the decided files appear, the marker last. Several may do it at once, and again after a crash: an upload that is
 * not there any more was completed by another.
 */
export async function carryOut(objects: PartsWriter, decision: Decision): Promise<void> {
  const { marker, replaces, folders, files } = decision;
  if (replaces) await objects.remove([marker]);
  const names = new Set(files.map(({ name }) => name));
  for (const folder of folders) {
    const stale: string[] = [];
    for await (const { key } of objects.list(`${folder}/`)) if (!names.has(key)) stale.push(key);
    await objects.remove(stale);
  }
  await Promise.all(files.filter(({ name }) => name !== marker).map((file) => complete(objects, file)));
  await Promise.all(files.filter(({ name }) => name === marker).map((file) => complete(objects, file)));
}

async function complete(objects: PartsWriter, file: DecidedFile): Promise<void> {
  const { name: key, upload: id, tags, bytes } = file;
  if (await objects.completeUpload({ key, id }, tags)) return;
  const found = await objects.head(key);
  if (found?.bytes === bytes) return;
  const what = found === null ? 'there is nothing' : `there are ${found.bytes} bytes`;
  const remedy = 'somebody has ended its upload; run laion-fetch verify --repair';
  throw new ObjectError(
    'refused',
    `expected ${bytes} bytes in '${objects.address(key)}', ${what}; ${remedy}`,
  );
}
