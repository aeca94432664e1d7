import { lstat, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { outputError } from '../../core/errors.ts';
import { parseShardFileName } from '../../shards/files.ts';
import { hasErrno } from '../../util/files/errno.ts';
import { writeFileAtomic } from '../../util/files/write-file-atomic.ts';
import { syncFolder } from './sync-folder.ts';
import { writeError } from './write-error.ts';

/** Tells that the files beside it are whole, and which of them are to be moved. */
interface CommitRecord {
  readonly format: 1;
  readonly names: readonly string[];
}

const recordPath = (from: string): string => join(from, 'commit.json');

/** `begun` means that the files are not known to be whole, and those in the dataset are still the old ones. */
export type CommitState = 'none' | 'begun' | 'committed';

/** Makes an empty folder for files that are to replace those of a shard. */
export async function beginCommit(from: string): Promise<void> {
  try {
    await rm(from, { recursive: true, force: true });
    await mkdir(from);
  } catch (error) {
    throw writeError(from, error, 0);
  }
}

/**
 * Replaces files and folders of a shard in `to` by those of the same names in `from`, which are on the disk: all of
 * them or, also after a crash, none; `finishCommit` ends what a crash cut off. Both folders lie on one file system.
 */
export async function commitTogether(from: string, to: string, names: readonly string[]): Promise<void> {
  const record: CommitRecord = { format: 1, names };
  try {
    await syncFolder(from);
    await writeFileAtomic(recordPath(from), `${JSON.stringify(record)}\n`);
  } catch (error) {
    throw writeError(from, error, 0);
  }
  await finishCommit(from, to);
}

export async function commitState(from: string): Promise<CommitState> {
  if (!(await exists(from))) return 'none';
  return (await exists(recordPath(from))) ? 'committed' : 'begun';
}

/** Moves what a crash left in `from` to its place where it was committed, and removes it where it was not. */
export async function finishCommit(from: string, to: string): Promise<void> {
  const names = await readRecord(from);
  try {
    if (names !== null) {
      for (const name of names) await move(name, from, to);
      await syncFolder(to);
      // First of all, so that it never stands beside the files of another commit.
      await rm(recordPath(from));
      await syncFolder(from);
    }
    await rm(from, { recursive: true, force: true });
  } catch (error) {
    throw writeError(to, error, 0);
  }
}

/** Does nothing where an earlier attempt has moved the file. */
async function move(name: string, from: string, to: string): Promise<void> {
  if (!(await exists(join(from, name)))) return;
  // No rename replaces a folder that is not empty.
  if (parseShardFileName(name)?.kind === 'folder') await rm(join(to, name), { recursive: true, force: true });
  await rename(join(from, name), join(to, name));
}

/** Null where nothing was committed. */
async function readRecord(from: string): Promise<readonly string[] | null> {
  if (!(await exists(recordPath(from)))) return null;
  const record = parse(await readFile(recordPath(from), 'utf8'));
  if (record !== null) return record.names;
  const remedy = `remove '${from}' and, where verify finds a fault in a shard, its statistics`;
  throw outputError(`Cannot finish a back-fill: '${recordPath(from)}' is damaged; ${remedy}`);
}

/** The names must be a shard's: whatever else the record named would be removed and replaced. */
function parse(text: string): CommitRecord | null {
  try {
    const record = JSON.parse(text) as CommitRecord;
    return record.format === 1 && record.names.every((name) => parseShardFileName(name) !== null)
      ? record
      : null;
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
