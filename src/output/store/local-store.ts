import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { outputError } from '../../core/errors.ts';
import { appendLines } from '../../util/files/append-lines.ts';
import { hasErrno } from '../../util/files/errno.ts';
import { makeFolders } from '../../util/files/make-folders.ts';
import { readExactly } from '../../util/files/read-exactly.ts';
import { syncFolder } from '../../util/files/sync-folder.ts';
import { writeFileAtomic } from '../../util/files/write-file-atomic.ts';
import { ATTEMPTS, carryOutInterrupted, decidedAttempts } from '../decision/linked-decision.ts';
import { beginCommit, commitState, finishCommit } from './commit-together.ts';
import { newFiles, replacement, sharedFiles } from './local-transaction.ts';
import type { Leftover, SmallFile, Store, StoreEntry, Transaction, TransactionKind } from './store.ts';
import { writeError } from './write-error.ts';

const STATE = '.laion-fetch';
const READ_BYTES = 1 << 20;

/** A dataset in a local folder. */
export class LocalStore implements Store {
  readonly gathersCommits = false;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  address(name = ''): string {
    return join(this.#folder, name);
  }

  async list(folder = ''): Promise<readonly StoreEntry[] | null> {
    const entries = await unlessMissing(readdir(this.address(folder), { withFileTypes: true }));
    return entries?.map((entry) => ({ name: entry.name, kind: kindOf(entry) })) ?? null;
  }

  async size(name: string): Promise<number | null> {
    return (await unlessMissing(stat(this.address(name))))?.size ?? null;
  }

  read(name: string): Promise<Buffer | null> {
    return unlessMissing(readFile(this.address(name)));
  }

  async readRange(name: string, offset: number, length: number): Promise<Buffer<ArrayBuffer>> {
    const file = await open(this.address(name));
    try {
      const bytes = await readExactly(file, offset, length);
      if (bytes === null) throw new Error(`ends before byte ${offset + length}`);
      return bytes;
    } finally {
      await file.close();
    }
  }

  stream(name: string): AsyncIterable<Buffer> {
    return createReadStream(this.address(name), { highWaterMark: READ_BYTES });
  }

  async localPath(name: string): Promise<string> {
    return this.address(name);
  }

  async write(name: string, text: string): Promise<void> {
    const path = this.address(name);
    try {
      await makeFolders(dirname(path));
      await writeFileAtomic(path, text);
    } catch (error) {
      throw writeError(path, error, 0);
    }
  }

  async append(name: string, lines: string): Promise<void> {
    const path = this.address(name);
    try {
      await makeFolders(dirname(path));
      await appendLines(path, lines);
    } catch (error) {
      throw writeError(path, error, 0);
    }
  }

  readLog(name: string): Promise<Buffer | null> {
    return this.read(name);
  }

  async closeLog(): Promise<void> {}

  async writeAll(files: readonly SmallFile[]): Promise<void> {
    for (const { name, text } of files) await this.write(name, text);
  }

  writeSoon(name: string, text: string): Promise<void> {
    return this.write(name, text);
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) await removeOne(this.address(name));
    await syncFolder(this.#folder);
  }

  async removeFolder(name: string): Promise<void> {
    await rm(this.address(name), { recursive: true, force: true });
  }

  async begin(kind: TransactionKind, neededBytes: number): Promise<Transaction> {
    const needed = [this.address(STATE), ...(kind === 'new' ? [this.#scratch] : [])];
    try {
      // Without `recursive`, so that a dataset whose folder has disappeared is not created again.
      for (const path of needed) await mkdir(path).catch(ignoreExisting);
    } catch (error) {
      throw writeError(this.#scratch, error, neededBytes);
    }
    if (kind === 'shared') return this.#beginShared(neededBytes);
    if (kind === 'replacement') {
      await beginCommit(this.#backfill);
      return replacement(this.#backfill, this.#folder, neededBytes);
    }
    return newFiles(this.#scratch, this.#folder, neededBytes);
  }

  async #beginShared(neededBytes: number): Promise<Transaction> {
    const attempt = randomUUID();
    try {
      await mkdir(this.address(ATTEMPTS)).catch(ignoreExisting);
      await mkdir(this.address(join(ATTEMPTS, attempt)));
    } catch (error) {
      throw writeError(this.address(ATTEMPTS), error, neededBytes);
    }
    return sharedFiles(this.#folder, attempt, neededBytes);
  }

  async leftovers(): Promise<readonly Leftover[]> {
    const scratch = (await readdir(this.#scratch).catch(() => [])).map((name) => join(this.#scratch, name));
    const state = await commitState(this.#backfill);
    const attempts = await readdir(this.address(ATTEMPTS)).catch(() => []);
    const decided = attempts.length === 0 ? new Set<string>() : await decidedAttempts(this.#folder);
    return [
      ...attempts.map((name) => ({
        path: this.address(join(ATTEMPTS, name)),
        committed: decided.has(name),
      })),
      ...(state === 'none' ? [] : [{ path: this.#backfill, committed: state === 'committed' }]),
      ...scratch.map((path) => ({ path, committed: false })),
    ].map(({ path, committed }) => ({ name: relative(this.#folder, path), committed }));
  }

  async recover(others?: 'may-write'): Promise<void> {
    await this.#refuseLinks();
    await carryOutInterrupted(this.#folder);
    if (others === 'may-write') return this.#refuseBackfill();
    await rm(this.address(ATTEMPTS), { recursive: true, force: true });
    await finishCommit(this.#backfill, this.#folder);
    const state = await readdir(this.address(STATE)).catch(() => []);
    const unfinished = state.filter((name) => name.endsWith('.tmp'));
    for (const name of unfinished) await rm(this.address(join(STATE, name)), { force: true });
  }

  /** Several writers would carry it out at once. */
  async #refuseBackfill(): Promise<void> {
    if ((await commitState(this.#backfill)) !== 'committed') return;
    const found = `a replacement of a shard was interrupted`;
    const remedy = `run laion-fetch verify --repair '${this.#folder}' first`;
    throw outputError(`Cannot write to '${this.#folder}' with --part: ${found}; ${remedy}`);
  }

  /** Through a link, writes and removals meant for the state folder would happen elsewhere. */
  async #refuseLinks(): Promise<void> {
    const state = this.address(STATE);
    const inside = await readdir(state).catch(() => []);
    for (const path of [state, ...inside.map((name) => join(state, name))]) {
      const found = await lstat(path).catch(() => null);
      if (found?.isSymbolicLink() !== true) continue;
      throw outputError(
        `Cannot write to '${this.#folder}': '${path}' is a symbolic link, expected a file or folder of laion-fetch; remove it`,
      );
    }
  }

  /** Folder for new files until they are complete, beside the run's spools. */
  get #scratch(): string {
    return this.address(join(STATE, 'scratch'));
  }

  /** Folder for the new files of a shard until they replace the existing ones. */
  get #backfill(): string {
    return this.address(join(STATE, 'backfill'));
  }
}

function kindOf(entry: Dirent): StoreEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

async function removeOne(path: string): Promise<void> {
  const found = await unlessMissing(lstat(path));
  if (found?.isDirectory()) await rmdir(path);
  else if (found !== null) await rm(path, { force: true });
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

function ignoreExisting(error: unknown): void {
  if (!hasErrno(error, 'EEXIST')) throw error;
}
