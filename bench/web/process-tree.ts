import { readdirSync, readFileSync } from 'node:fs';

/** Ticks per second and bytes per page of Linux on every processor that Node supports by default. */
const TICKS = 100;
const PAGE_BYTES = 4096;

export interface TreeUse {
  /** User and system time of the running processes and of the ended children that they have waited for. */
  readonly cpuSeconds: number;
  /** The same for the first process alone, without its children. */
  readonly rootCpuSeconds: number;
  /** Sum of resident memory; shared pages count for each process. */
  readonly residentBytes: number;
  readonly rootResidentBytes: number;
}

interface ProcessLine {
  readonly parent: number;
  readonly ticks: number;
  readonly childTicks: number;
  readonly pages: number;
}

/** What a process and its descendants use now. Null if there is no /proc or the process is gone. */
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

/** CPU time of all children that this process has waited for, and of theirs. Null if there is no /proc. */
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
    // The name, in parentheses, may contain anything.
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
