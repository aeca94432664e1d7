import { randomUUID } from 'node:crypto';
import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { EXIT, UserError } from '../../../core/errors.ts';
import { hasErrno } from '../../../util/files/errno.ts';
import { bootId } from '../../../util/machine/machine-name.ts';
import { processStat } from '../../../util/machine/process-stat.ts';

/** The process that holds a folder. Null if the system does not say. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start time of the process in kernel ticks, which detects reused process ids. */
  readonly startedAt: string | null;
  /** Another id means that the machine has been restarted since. */
  readonly boot: string | null;
  /** In two containers of one machine, the same process id means two processes. */
  readonly pidNamespace: string | null;
  /** Identifies this lock. */
  readonly token: string;
  /** The lock is held for a moment, while a run that shares the dataset begins or ends. */
  readonly brief?: true;
}

/** A younger incomplete lock may still be being written; an older one was left by a crash. */
export const MAKING_MS = 10_000;

/** This process as the holder of a new lock. */
export async function describeMe(): Promise<Holder> {
  const pidNamespace = await readlink('/proc/self/ns/pid').catch(() => null);
  const { pid } = process;
  return {
    pid,
    host: hostname(),
    startedAt: startOf(pid),
    boot: bootId(),
    pidNamespace,
    token: randomUUID(),
  };
}

/** The holder that a lock names; null if the text is none of ours, or incomplete. */
export function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    return Number.isInteger(holder?.pid) && typeof holder?.host === 'string' ? (holder as Holder) : null;
  } catch {
    return null;
  }
}

/** Whether the holder of a lock may still run. `ageMs`: age of a lock that names none. */
export async function isHeld(
  { holder, ageMs }: { readonly holder: Holder | null; readonly ageMs: number },
  me: Holder,
): Promise<boolean> {
  if (holder === null) return ageMs < MAKING_MS;
  // A process of another machine cannot be checked from here.
  if (holder.host !== me.host) return true;
  if (holder.boot !== me.boot) return false;
  // Nor can one of another container.
  if (holder.pidNamespace !== me.pidNamespace) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return hasErrno(error, 'EPERM');
  }
  return holder.startedAt === startOf(holder.pid);
}

/** Start time of a process in kernel ticks since boot; null if the system does not say. */
const startOf = (pid: number): string | null => processStat(pid)?.[19] ?? null;

/** The dataset is locked; exit code 7. */
export class BusyError extends UserError {
  /** Null if the lock names none. */
  readonly holder: Holder | null;

  constructor(output: string, path: string, holder: Holder | null) {
    const who = holder === null ? 'another run' : `process ${holder.pid} on ${holder.host}`;
    super(
      EXIT.busy,
      `Cannot write to '${output}': ${who} is writing there; wait for it, or remove '${path}' if it no longer runs`,
    );
    this.holder = holder;
  }
}
