import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readdir, readFile, readlink, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { outputError } from '../../core/errors.ts';
import { hasErrno } from '../../util/files/errno.ts';

/** Who holds a folder. Null stands for what the system does not tell. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start of the process by the kernel's own count, so that a reused process number is no one's heir. */
  readonly startedAt: string | null;
  /** Another one means that the machine was started anew since. */
  readonly boot: string | null;
  /** In two containers of one machine the same number names two processes. */
  readonly pidNamespace: string | null;
  /** Tells this lock from every other. */
  readonly token: string;
}

/** A lock as it stands; the holder is null where the text names none. */
interface Found {
  readonly text: string;
  readonly holder: Holder | null;
  readonly ageMs: number;
}

/** What is younger may be a lock in the making; what is older and no whole lock was left by a crash. */
const MAKING_MS = 10_000;

/**
 * Keeps a second run out of a dataset's folder while one writes there. What a crash leaves of it does not block the
 * next run on the same machine. Returns how to let go.
 */
export async function lockOutput(output: string): Promise<() => Promise<void>> {
  const path = join(output, '.laion-fetch.lock');
  const me = await describeMe();
  const text = `${JSON.stringify(me)}\n`;
  try {
    if (!(await create(path, me, text))) {
      const found = await read(path);
      if (found !== null && (await isHeld(found, me))) throw isBusy(output, path, found.holder);
      if (found !== null) await takeAway(path, found.text, me);
      if (!(await create(path, me, text))) throw isBusy(output, path, (await read(path))?.holder ?? null);
    }
    await removeStrays(output);
  } catch (error) {
    throw isSystemError(error) ? cannotLock(path, error) : error;
  }
  return async () => {
    if ((await read(path))?.text === text) await rm(path, { force: true });
  };
}

async function describeMe(): Promise<Holder> {
  const [startedAt, boot, pidNamespace] = await Promise.all([
    startOf(process.pid),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (id) => id.trim(),
      () => null,
    ),
    readlink('/proc/self/ns/pid').catch(() => null),
  ]);
  return { pid: process.pid, host: hostname(), startedAt, boot, pidNamespace, token: randomUUID() };
}

/** Makes the lock with its content in one step, so that nobody meets it half made; false where there is one. */
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

/** Null where there is none. A link is not followed: opening it fails. */
async function read(path: string): Promise<Found | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const [text, { mtimeMs }] = [await file.readFile('utf8'), await file.stat()];
      return { text, holder: parse(text), ageMs: Date.now() - mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

function parse(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    return Number.isInteger(holder?.pid) && typeof holder?.host === 'string' ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

async function isHeld({ holder, ageMs }: Found, me: Holder): Promise<boolean> {
  if (holder === null) return ageMs < MAKING_MS;
  // Nothing here can tell how a process of another machine fares.
  if (holder.host !== me.host) return true;
  if (holder.boot !== me.boot) return false;
  // Nor one of another container.
  if (holder.pidNamespace !== me.pidNamespace) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return hasErrno(error, 'EPERM');
  }
  return holder.startedAt === (await startOf(holder.pid));
}

/** Removes a lock whose holder is no more, but not one that another run has put in its place meanwhile. */
async function takeAway(path: string, text: string, { token }: Holder): Promise<void> {
  const aside = `${path}.${token}.old`;
  try {
    await rename(path, aside);
    if ((await read(aside))?.text !== text) await link(aside, path);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Removes what crashes while a lock was made or taken away have left beside it. */
async function removeStrays(output: string): Promise<void> {
  for (const name of await readdir(output)) {
    if (!/^\.laion-fetch\.lock\.[0-9a-f-]{36}(\.old)?$/.test(name)) continue;
    const path = join(output, name);
    const found = await read(path);
    if (found !== null && found.ageMs > MAKING_MS) await rm(path, { force: true });
  }
}

/** When a process started, in the kernel's ticks since boot; null where the system does not tell. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program stands in parentheses and may hold anything; field 22 is the 20th after it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function cannotLock(path: string, error: NodeJS.ErrnoException): Error {
  const remedy = hasErrno(error, 'ELOOP', 'EISDIR')
    ? 'it is a link or a folder, where a file of ours is expected; remove it'
    : 'name a folder that can be written';
  return outputError(`Cannot write '${path}': ${error.message}; ${remedy}`, error);
}

function isBusy(output: string, path: string, holder: Holder | null): Error {
  const who = holder === null ? 'another run' : `process ${holder.pid} on ${holder.host}`;
  return outputError(
    `Cannot write to '${output}': ${who} is writing there; wait for it, or remove '${path}' if it is no more`,
  );
}
