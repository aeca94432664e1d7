import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { outputError } from '../core/errors.ts';

/** Who holds a folder; `startedAt` is the kernel's own count, so that a reused process number is no one's heir. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly startedAt: string | null;
}

/**
 * Keeps a second run out of a dataset's folder while one writes there. What a crash leaves of it does not block the
 * next run on the same machine. Returns how to let go.
 */
export async function lockOutput(output: string): Promise<() => Promise<void>> {
  const path = join(output, '.laion-fetch.lock');
  const me: Holder = { pid: process.pid, host: hostname(), startedAt: await startOf(process.pid) };
  if (!(await create(path, me))) {
    const holder = await read(path);
    if (holder !== null && (await isAlive(holder))) throw isHeld(output, path, holder);
    await rm(path, { force: true });
    if (!(await create(path, me))) throw isHeld(output, path, await read(path));
  }
  return () => rm(path, { force: true });
}

async function create(path: string, holder: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(`${JSON.stringify(holder)}\n`).finally(() => file.close());
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw outputError(`Cannot write '${path}': ${String(error)}; name a folder that can be written`, error);
  }
}

/** Null where the file is gone or was never whole. */
async function read(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

async function isAlive({ pid, host, startedAt }: Holder): Promise<boolean> {
  // Nothing here can tell how a process of another machine fares.
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return startedAt === (await startOf(pid));
}

/** When a process started, in the kernel's ticks since boot; null where the system does not tell. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program stands in parentheses and may hold anything; field 22 is the 20th after it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function isHeld(output: string, path: string, holder: Holder | null): Error {
  const who = holder === null ? 'another run' : `process ${holder.pid} on ${holder.host}`;
  return outputError(
    `Cannot write to '${output}': ${who} is writing there; wait for it, or remove '${path}' if it is no more`,
  );
}
