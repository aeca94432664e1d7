import { readFileSync } from 'node:fs';

/**
 * The fields of `/proc/<pid>/stat` from the third on, which is the state; see proc(5). The second is a name in
 * parentheses that may contain anything. Null if there is no such process, or the system does not say.
 */
export function processStat(pid: number | 'self'): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
