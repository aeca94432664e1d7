import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { type ReadText, readCgroupLimits } from './cgroups.ts';

/** What this process and its children may use. */
export interface MachineLimits {
  /** Memory for all of them together: that of the machine or of a control group. */
  readonly memoryBytes: number;
  /** Memory of the machine. */
  readonly machineBytes: number;
  /** Cores that they can keep busy, rounded up. */
  readonly cores: number;
  /** Address space of each process (`ulimit -v`); Infinity for no limit. */
  readonly addressSpaceBytes: number;
}

let found: MachineLimits | undefined;

/** The limits of this process. They are read once. */
export function machineLimits(): MachineLimits {
  found ??= readMachineLimits(readText);
  return found;
}

/** `read` provides the files under `/proc` and `/sys`. */
export function readMachineLimits(read: ReadText): MachineLimits {
  const machineBytes = totalmem();
  const { memoryBytes, cores } = readCgroupLimits(read);
  return {
    memoryBytes: Math.min(machineBytes, memoryBytes),
    machineBytes,
    cores: Math.max(1, Math.min(availableParallelism(), Math.ceil(cores))),
    addressSpaceBytes: parseAddressSpace(read('/proc/self/limits') ?? ''),
  };
}

function parseAddressSpace(limits: string): number {
  const soft = /^Max address space +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
