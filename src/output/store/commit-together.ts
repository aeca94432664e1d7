import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { outputError } from '../../core/errors.ts';
import { parseShardFileName } from '../../shards/files.ts';
import { exists } from '../../util/files/exists.ts';
import { moveWaiting, waitingPath } from '../../util/files/move-waiting.ts';
import { syncFolder } from '../../util/files/sync-folder.ts';
import { writeFileAtomic } from '../../util/files/write-file-atomic.ts';
import { writeError } from './write-error.ts';

/** Its existence means that the files beside it are complete. `names` lists those that replace files of the dataset. */
interface CommitRecord {
  readonly format: 1;
  readonly names: readonly string[];
}

const recordPath = (from: string): string => join(from, 'commit.json');

/** `begun`: the new files may be incomplete, and the dataset still has the old ones. */
export type CommitState = 'none' | 'begun' | 'committed';

/** Creates an empty folder for the files that will replace those of a shard. */
export async function beginCommit(from: string): Promise<void> {
  try {
    await rm(from, { recursive: true, force: true });
    await mkdir(from);
  } catch (error) {
    throw writeError(from, error, 0);
  }
}

/**
 * Replaces files and folders of a shard in `to` with those of the same names in `from`: all of them or, even after a
 * crash, none. The files must be fsynced, and both folders must be on one file system. `finishCommit` completes a
 * replacement that a crash interrupted.
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

/** Handles what a crash left in `from`: moves it to `to` if it was committed, removes it otherwise. */
export async function finishCommit(from: string, to: string): Promise<void> {
  const names = await readRecord(from);
  try {
    if (names !== null) {
      for (const name of names) await move(name, from, to);
      await syncFolder(to);
      // Removed before the other files, so that the record is never beside the files of another commit.
      await rm(recordPath(from));
      await syncFolder(from);
    }
    await rm(from, { recursive: true, force: true });
  } catch (error) {
    throw writeError(to, error, 0);
  }
}

/** Does nothing if an earlier attempt has moved the file. */
async function move(name: string, from: string, to: string): Promise<void> {
  if (!(await exists(waitingPath(from, name)))) return;
  // A rename cannot replace a folder that is not empty.
  if (parseShardFileName(name)?.kind === 'folder') await rm(join(to, name), { recursive: true, force: true });
  await moveWaiting(name, from, to);
}

/** The names in the commit record; null if nothing was committed. */
async function readRecord(from: string): Promise<readonly string[] | null> {
  if (!(await exists(recordPath(from)))) return null;
  const record = parse(await readFile(recordPath(from), 'utf8'));
  if (record !== null) return record.names;
  const remedy = `remove '${from}' and, if verify finds a shard damaged, its statistics`;
  throw outputError(`Cannot finish a back-fill: '${recordPath(from)}' is damaged; ${remedy}`);
}

/** Accepts only names of shard files, because everything that the record names is removed and replaced. */
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
