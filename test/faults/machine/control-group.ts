import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCgroupLimits } from '../../../src/util/machine/cgroups.ts';

/** A control group around another, so that only the outer one has a limit, as around a container of a pod. */
export interface ControlGroup {
  /** Starts a command in the inner group. */
  readonly under: readonly string[];
  /** Processes that the system has killed there for lack of memory. */
  kills(): number;
  remove(): Promise<void>;
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Makes the two groups; null where this process may not. */
export function makeControlGroup(memoryBytes: number): ControlGroup | null {
  const own = read('/proc/self/cgroup').split('\n');
  const path = (pattern: RegExp): string | null =>
    own.flatMap((line) => pattern.exec(line)?.[1] ?? [])[0] ?? null;
  const v1 = path(/^\d+:memory:(.*)$/);
  const v2 = path(/^0::(.*)$/);
  if (v1 !== null) return tryToMake(join('/sys/fs/cgroup/memory', v1), memoryBytes, 'memory.limit_in_bytes');
  return v2 === null ? null : tryToMake(join('/sys/fs/cgroup', v2), memoryBytes, 'memory.max');
}

function tryToMake(parent: string, memoryBytes: number, limitFile: string): ControlGroup | null {
  const outer = join(parent, `laion-fetch-test-${process.pid}-${performance.now()}`);
  const inner = join(outer, 'inner');
  try {
    if (limitFile === 'memory.max') writeFileSync(join(parent, 'cgroup.subtree_control'), '+memory');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(outer, limitFile), String(memoryBytes));
    const kills = (): number =>
      Number(
        /^oom_kill (\d+)$/m.exec(
          read(join(inner, 'memory.oom_control')) || read(join(inner, 'memory.events')),
        )?.[1],
      );
    if (Number.isNaN(kills()) || readCgroupLimits(read).memoryBytes < memoryBytes)
      throw new Error('of no use');
    return {
      under: ['sh', '-c', `echo $$ >'${inner}/cgroup.procs' && exec "$0" "$@"`],
      kills,
      remove: () => remove([inner, outer]),
    };
  } catch {
    for (const folder of [inner, outer]) if (existsSync(folder)) rmdirSync(folder);
    return null;
  }
}

/** A group can be removed a moment after its last process has ended. */
async function remove(folders: readonly string[], tries = 50): Promise<void> {
  try {
    for (const folder of folders) if (existsSync(folder)) rmdirSync(folder);
  } catch (error) {
    if (tries === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await remove(folders, tries - 1);
  }
}
