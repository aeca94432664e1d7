import { readdirSync, readFileSync } from 'node:fs';

/** Ticks a second and bytes a page of Linux on every processor that Node supports by default. */
const TICKS = 100;
const PAGE_BYTES = 4096;

export interface TreeUse {
  /** User and system time of the processes that live and of those they have waited for. */
  readonly cpuSeconds: number;
  /** The same of the first process alone, which it shares with none of its children. */
  readonly rootCpuSeconds: number;
  /** Sum of resident memory; pages that processes share count for each. */
  readonly residentBytes: number;
  readonly rootResidentBytes: number;
}

interface ProcessLine {
  readonly parent: number;
  readonly ticks: number;
  readonly childTicks: number;
  readonly pages: number;
}

/** What a process and its descendants use now. Null where there is no /proc, and once the process is gone. */
export function processTree(root: number): TreeUse | null {
  const all = new Map<number, ProcessLine>();
  for (const pid of listProcesses()) {
    const line = readProcess(pid);
    if (line !== null) all.set(pid, line);
  }
  const first = all.get(root);
  if (first === undefined) return null;
  const members = [...all].filter(([pid]) => descends(all, pid, root)).map(([, line]) => line);
  const sum = (value: (line: ProcessLine) => number) =>
    members.reduce((total, line) => total + value(line), 0);
  return {
    cpuSeconds: sum((line) => line.ticks + line.childTicks) / TICKS,
    rootCpuSeconds: first.ticks / TICKS,
    residentBytes: sum((line) => line.pages) * PAGE_BYTES,
    rootResidentBytes: first.pages * PAGE_BYTES,
  };
}

/** Time of all processes that this one has waited for, with theirs. Null where there is no /proc. */
export function waitedSeconds(): number | null {
  const own = readProcess(process.pid);
  return own === null ? null : own.childTicks / TICKS;
}

function listProcesses(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function readProcess(pid: number): ProcessLine | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const field = (number: number) => Number(fields[number - 3]);
    return {
      parent: field(4),
      ticks: field(14) + field(15),
      childTicks: field(16) + field(17),
      pages: field(24),
    };
  } catch {
    return null;
  }
}

function descends(all: ReadonlyMap<number, ProcessLine>, pid: number, root: number): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 0; at = all.get(at)?.parent) {
    if (at === root) return true;
  }
  return false;
}
