import { readdirSync, readFileSync } from 'node:fs';
import { processStat } from '../../src/util/machine/process-stat.ts';

/** A process of this machine. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Its command line, with blanks between the words. */
  readonly words: string;
}

/** The processes that descend from this one, as they are now. */
export function descendants(pid: number): Process[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? read(Number(name)) : []));
  const of = (parent: number): Process[] =>
    all.filter((each) => each.parent === parent).flatMap((each) => [each, ...of(each.pid)]);
  return of(pid);
}

/** Whether a process decodes images for an engine. */
export const isDecoder = ({ words }: Pick<Process, 'words'>): boolean => words.endsWith('worker.js');

/** Whether this very process still runs. */
export const isRunning = ({ pid, words }: Process): boolean => read(pid)[0]?.words === words;

/** Milliseconds until all of these have ended; null if they have not after `limitMs`. */
export async function endOf(processes: readonly Process[], limitMs = 30_000): Promise<number | null> {
  const since = performance.now();
  for (;;) {
    const ms = Math.round(performance.now() - since);
    if (!processes.some(isRunning)) return ms;
    if (ms > limitMs) return null;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function read(pid: number): Process[] {
  const stat = processStat(pid);
  // Ended, but not reaped yet.
  if (stat === null || stat[0] === 'Z') return [];
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return [{ pid, parent: Number(stat[1]), words }];
  } catch {
    return [];
  }
}
