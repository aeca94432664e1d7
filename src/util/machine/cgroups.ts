/** Reads a small file of the system; null where there is none. */
export type ReadText = (path: string) => string | null;

/** What control groups allow this process and its children together; Infinity for no limit. */
export interface CgroupLimits {
  readonly memoryBytes: number;
  /** Processor time per time: 1.5 means one and a half cores. */
  readonly cores: number;
}

interface Mount {
  /** The part of the hierarchy that is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  /** Options of the file system; for version 1, its controllers are among them. */
  readonly options: readonly string[];
}

interface Membership {
  /** Controllers of a hierarchy of version 1; empty for version 2. */
  readonly controllers: readonly string[];
  readonly path: string;
}

/** Version 1 writes the largest number of pages instead of "no limit". */
const UNLIMITED_BYTES = 2 ** 60;

/**
 * The limits of this process's control groups, version 1 and 2. A group's ancestors limit it as well, so the smallest
 * limit on the way to the root counts; Node and libuv read only the last group.
 */
export function readCgroupLimits(read: ReadText): CgroupLimits {
  const mounts = parseMounts(read('/proc/self/mountinfo') ?? '');
  const memberships = parseMemberships(read('/proc/self/cgroup') ?? '');
  const smallest = (controller: string, limitOf: (folder: string, version: 1 | 2) => readonly number[]) =>
    Math.min(
      Number.POSITIVE_INFINITY,
      ...[1 as const, 2 as const].flatMap((version) =>
        foldersOf(controller, version, mounts, memberships).flatMap((folder) => limitOf(folder, version)),
      ),
    );
  const number = (path: string): number => parseLimit(read(path));
  return {
    memoryBytes: smallest('memory', (folder, version) =>
      version === 2
        ? // Above `memory.high` the kernel slows the group down until it hardly moves.
          [number(`${folder}/memory.max`), number(`${folder}/memory.high`)]
        : [
            number(`${folder}/memory.limit_in_bytes`),
            // Includes ancestors that a container does not see.
            parseLimit(/^hierarchical_memory_limit (\d+)$/m.exec(read(`${folder}/memory.stat`) ?? '')?.[1]),
          ],
    ),
    cores: smallest('cpu', (folder, version) => {
      const [quota, period] =
        version === 2
          ? (read(`${folder}/cpu.max`) ?? '').trim().split(' ')
          : [read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)];
      return [parseLimit(quota) / parseLimit(period)].filter((cores) => cores > 0);
    }),
  };
}

/** The folders that may limit this process: of its group and of each ancestor that is mounted. */
function foldersOf(
  controller: string,
  version: 1 | 2,
  mounts: readonly Mount[],
  memberships: readonly Membership[],
): string[] {
  const path = memberships.find(({ controllers }) =>
    version === 2 ? controllers.length === 0 : controllers.includes(controller),
  )?.path;
  if (path === undefined) return [];
  return mounts
    .filter(({ type, options }) =>
      version === 2 ? type === 'cgroup2' : type === 'cgroup' && options.includes(controller),
    )
    .flatMap(({ root, point }) => ancestors(point, pathBelow(root, path)));
}

/** The path of a group below what is mounted. Outside of it, as in a container, the mount itself is the group. */
function pathBelow(root: string, path: string): string {
  if (path.split('/').includes('..')) return '';
  if (root === '/') return path;
  return path.startsWith(`${root}/`) ? path.slice(root.length) : '';
}

function ancestors(point: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '');
  return [point, ...names.map((_, position) => `${point}/${names.slice(0, position + 1).join('/')}`)];
}

/** Lines of `id:controllers:path`, where a path may contain colons. */
function parseMemberships(text: string): Membership[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    return [{ controllers: controllers.split(',').filter((name) => name !== ''), path }];
  });
}

/** Lines of `id parent device root point options [tags] - type source options`. */
function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [front = '', back = ''] = line.split(' - ', 2);
    const [, , , root, point] = front.split(' ').map(unescapeOctal);
    const [type, , options] = back.split(' ');
    if (root === undefined || point === undefined || type === undefined) return [];
    return [{ root, point, type, options: options?.split(',') ?? [] }];
  });
}

/** Blanks in paths are written as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Infinity for `max`, `-1`, and where there is no number. */
function parseLimit(text: string | null | undefined): number {
  const value = /^\s*(\d+)\s*$/.exec(text ?? '')?.[1];
  const limit = value === undefined ? Number.POSITIVE_INFINITY : Number(value);
  return limit < UNLIMITED_BYTES ? limit : Number.POSITIVE_INFINITY;
}
