import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { outputError } from '../../../core/errors.ts';
import { openObjects } from '../../../objects/open-objects.ts';
import { hasErrno } from '../../../util/files/errno.ts';
import { BusyError, describeMe, type Holder, isHeld, MAKING_MS, parseHolder } from './holder.ts';
import { lockObjects } from './lock-objects.ts';
import { refuseSharers } from './sharers.ts';

/** A lock file; the holder is null if the text names none. */
interface Found {
  readonly text: string;
  readonly holder: Holder | null;
  readonly ageMs: number;
}

/** Releases a lock. */
export type Unlock = () => Promise<void>;

/**
 * Keeps other runs out of a dataset while one writes there. A lock that a crash left does not block the next run on the
 * same machine. Throws a BusyError while others write.
 */
export async function lockOutput(output: string): Promise<Unlock> {
  const me = await describeMe();
  const unlock = await holdLock(output, me);
  try {
    await refuseSharers(output, me);
    return unlock;
  } catch (error) {
    await unlock();
    throw error;
  }
}

/**
 * The lock alone, whoever shares the dataset. `isAbandoned`: whether a lock may be taken over although its holder cannot be
 * checked.
 */
export async function holdLock(
  output: string,
  me: Holder,
  isAbandoned: (found: Holder) => boolean = () => false,
): Promise<Unlock> {
  const objects = openObjects(output);
  return objects === null ? lockFolder(output, me, isAbandoned) : lockObjects(objects, me, isAbandoned);
}

async function lockFolder(
  output: string,
  me: Holder,
  isAbandoned: (found: Holder) => boolean,
): Promise<Unlock> {
  const path = join(output, '.laion-fetch.lock');
  const text = `${JSON.stringify(me)}\n`;
  try {
    if (!(await create(path, me, text))) {
      const found = await read(path);
      const isTaken = found?.holder != null && isAbandoned(found.holder);
      if (found !== null && !isTaken && (await isHeld(found, me)))
        throw new BusyError(output, path, found.holder);
      const isMine =
        found === null ? await create(path, me, text) : await takeOver(path, found.text, me, text);
      if (!isMine) throw new BusyError(output, path, (await read(path))?.holder ?? null);
    }
    await removeStrays(output);
  } catch (error) {
    throw isSystemError(error) ? cannotLock(path, error) : error;
  }
  return async () => {
    if ((await read(path))?.text === text) await rm(path, { force: true });
  };
}

/** Creates the lock with its content in one step, so that it is never seen incomplete; false if there is one already. */
async function create(path: string, { token }: Holder, text: string): Promise<boolean> {
  const beside = `${path}.${token}`;
  try {
    await writeNew(beside, text);
    await link(beside, path);
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    if (!hasErrno(error, 'EPERM', 'ENOTSUP', 'ENOSYS')) throw error;
    // A file system without hard links.
    return await writeNew(path, text).then(
      () => true,
      (reason: unknown) => {
        if (hasErrno(reason, 'EEXIST')) return false;
        throw reason;
      },
    );
  } finally {
    await rm(beside, { force: true });
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  await file.writeFile(text).finally(() => file.close());
}

/** Null if there is none. Does not follow a link: opening it fails. */
async function read(path: string): Promise<Found | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const [text, { mtimeMs }] = [await file.readFile('utf8'), await file.stat()];
      return { text, holder: parseHolder(text), ageMs: Date.now() - mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * Replaces a lock whose holder has ended; false if another run does so. The replacing run must hold a second file,
 * named after the old lock's text, so that no run ever replaces the lock of a faster one.
 */
async function takeOver(path: string, old: string, me: Holder, text: string): Promise<boolean> {
  const claim = `${path}.${createHash('md5').update(old).digest('hex')}.claim`;
  if (!(await create(claim, me, text))) {
    const found = await read(claim);
    if (found !== null && found.ageMs <= MAKING_MS) return false;
    await rm(claim, { force: true });
    if (!(await create(claim, me, text))) return false;
  }
  const beside = `${path}.${me.token}`;
  try {
    const found = await read(path);
    if (found === null) return await create(path, me, text);
    if (found.text !== old) return false;
    await writeNew(beside, text);
    await rename(beside, path);
    return true;
  } finally {
    await rm(claim, { force: true });
    await rm(beside, { force: true });
  }
}

/** Removes the files that crashes during the creation or removal of a lock left beside it. */
async function removeStrays(output: string): Promise<void> {
  for (const name of await readdir(output)) {
    if (!/^\.laion-fetch\.lock\.([0-9a-f-]{36}|[0-9a-f]{32}\.claim(\.[0-9a-f-]{36})?)$/.test(name)) continue;
    const path = join(output, name);
    const found = await read(path);
    if (found !== null && found.ageMs > MAKING_MS) await rm(path, { force: true });
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function cannotLock(path: string, error: NodeJS.ErrnoException): Error {
  const remedy = hasErrno(error, 'ELOOP', 'EISDIR')
    ? 'expected a file of laion-fetch, found a link or a folder; remove it'
    : 'name a folder that can be written';
  return outputError(`Cannot write '${path}': ${error.message}; ${remedy}`, error);
}
