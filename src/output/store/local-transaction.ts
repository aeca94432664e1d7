import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { moveWaiting, waitingPath } from '../../util/files/move-waiting.ts';
import { syncFolder } from '../../util/files/sync-folder.ts';
import { ATTEMPTS, commitOnce } from '../decision/linked-decision.ts';
import { commitTogether, finishCommit } from './commit-together.ts';
import { PendingFile } from './pending-file.ts';
import type { FileDigest, NewFile, NewFolder, Transaction } from './store.ts';
import { writeError } from './write-error.ts';

/** The part that differs between the kinds of transactions. */
interface Ending {
  commit(created: readonly Created[], marker: string): Promise<void>;
  /** Whether a commit that failed halfway still needs its files, because `recover` completes it. */
  readonly isRecovered: boolean;
  /** Removes what remains after the files themselves have been removed. */
  cleanUp(): Promise<void>;
}

/** A file or folder that waits in the staging folder. */
interface Created {
  readonly name: string;
  readonly isFolder: boolean;
  discard(): Promise<void>;
}

/** Files that appear in `to` one by one, the marker last. Until then they wait in `from`. */
export function newFiles(from: string, to: string, neededBytes: number): Transaction {
  return new LocalTransaction(from, neededBytes, {
    commit: async (created, marker) => {
      try {
        await moveInOrder(from, to, created, marker);
      } catch (error) {
        throw writeError(to, error, neededBytes);
      }
    },
    isRecovered: false,
    cleanUp: async () => {},
  });
}

/** Files of an attempt to write a shard of `dataset`; another attempt may become the shard instead. */
export function sharedFiles(dataset: string, attempt: string, neededBytes: number): Transaction {
  const from = join(dataset, ATTEMPTS, attempt);
  return new LocalTransaction(from, neededBytes, {
    commit: async (created, marker) => {
      const names = created.map(({ name }) => name);
      try {
        await commitOnce(dataset, { attempt, marker, names });
      } catch (error) {
        throw writeError(dataset, error, neededBytes);
      }
    },
    isRecovered: true,
    cleanUp: () => rm(from, { recursive: true, force: true }),
  });
}

/** Files that replace those of the same names in `to` all at once. Until then they wait in `from`. */
export function replacement(from: string, to: string, neededBytes: number): Transaction {
  return new LocalTransaction(from, neededBytes, {
    commit: (created) =>
      commitTogether(
        from,
        to,
        created.map(({ name }) => name),
      ),
    isRecovered: true,
    cleanUp: () => finishCommit(from, to),
  });
}

async function moveInOrder(
  from: string,
  to: string,
  created: readonly Created[],
  marker: string,
): Promise<void> {
  // Files that are written again are not complete until their new marker exists.
  await rm(join(to, marker), { force: true });
  await syncFolder(to);
  for (const { name, isFolder } of created.filter((each) => each.name !== marker)) {
    // A rename cannot replace a folder that is not empty.
    if (isFolder) await rm(join(to, name), { recursive: true, force: true });
    await moveWaiting(name, from, to);
  }
  await syncFolder(to);
  await moveWaiting(marker, from, to);
  await syncFolder(to);
}

class LocalTransaction implements Transaction {
  readonly #folder: string;
  readonly #neededBytes: number;
  readonly #ending: Ending;
  readonly #created: Created[] = [];
  #isCommitted = false;

  constructor(folder: string, neededBytes: number, ending: Ending) {
    this.#folder = folder;
    this.#neededBytes = neededBytes;
    this.#ending = ending;
  }

  async createFile(name: string): Promise<NewFile> {
    const file = await PendingFile.create(await this.#clearedPath(name), this.#neededBytes);
    this.#created.push({ name, isFolder: false, discard: () => file.discard() });
    return file;
  }

  async createFolder(name: string): Promise<NewFolder> {
    const path = await this.#clearedPath(name);
    try {
      await mkdir(path);
    } catch (error) {
      throw writeError(path, error, this.#neededBytes);
    }
    const discard = (): Promise<void> => rm(path, { recursive: true, force: true });
    this.#created.push({ name, isFolder: true, discard });
    return new LocalFolder(path, this.#neededBytes);
  }

  async commit(marker: string): Promise<void> {
    this.#isCommitted = true;
    await this.#ending.commit(this.#created, marker);
  }

  async discard(): Promise<void> {
    if (this.#isCommitted && this.#ending.isRecovered) return;
    await Promise.allSettled(this.#created.map((each) => each.discard()));
    await this.#ending.cleanUp().catch(() => {});
  }

  /** The path of a new file, cleared of anything that an interrupted run left there. */
  async #clearedPath(name: string): Promise<string> {
    const path = waitingPath(this.#folder, name);
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      throw writeError(path, error, this.#neededBytes);
    }
    return path;
  }
}

class LocalFolder implements NewFolder {
  readonly #path: string;
  readonly #neededBytes: number;
  /** The subfolders by their paths, once they exist. */
  readonly #subfolders = new Map<string, Promise<void>>();

  constructor(path: string, neededBytes: number) {
    this.#path = path;
    this.#neededBytes = neededBytes;
  }

  async add(name: string, bytes: Uint8Array): Promise<FileDigest> {
    const path = join(this.#path, name);
    if (dirname(path) !== this.#path) await this.#makeSubfolder(dirname(path));
    const file = await PendingFile.create(path, this.#neededBytes);
    try {
      await file.write([bytes]);
      return await file.finish();
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  async finish(): Promise<void> {
    try {
      for (const path of this.#subfolders.keys()) await syncFolder(path);
      await syncFolder(this.#path);
    } catch (error) {
      throw writeError(this.#path, error, this.#neededBytes);
    }
  }

  #makeSubfolder(path: string): Promise<void> {
    const made =
      this.#subfolders.get(path) ??
      mkdir(path, { recursive: true }).then(
        () => {},
        (error: unknown) => {
          throw writeError(path, error, this.#neededBytes);
        },
      );
    this.#subfolders.set(path, made);
    return made;
  }
}
