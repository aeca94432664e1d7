import { describe, expect, test } from 'vitest';
import { readCgroupLimits } from '../../../src/util/machine/cgroups.ts';
import { readMachineLimits } from '../../../src/util/machine/machine-limits.ts';

const MIB = 2 ** 20;
const NO_LIMIT = { memoryBytes: Number.POSITIVE_INFINITY, cores: Number.POSITIVE_INFINITY };
/** What version 1 writes where there is no limit: the largest number of pages. */
const V1_NONE = '9223372036854771712\n';

const V2_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate';
const V1_MOUNTS = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:15 - cgroup cgroup rw,memory',
  '36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
].join('\n');
const V1_CGROUP = '9:name=systemd:/\n4:memory:/batch/job:7/step\n1:cpu,cpuacct:/batch/job:7/step\n';

/** A machine that has only these files. */
const machine = (files: Readonly<Record<string, string>>) => (path: string) => files[path] ?? null;

describe('readCgroupLimits()', () => {
  test.each<[string, Record<string, string>, { memoryBytes: number; cores: number }]>([
    ['no control groups, as outside of Linux', {}, NO_LIMIT],
    [
      'version 2, a container that sees its own group as the root',
      {
        '/proc/self/cgroup': '0::/\n',
        '/proc/self/mountinfo': V2_MOUNT,
        '/sys/fs/cgroup/memory.max': `${450 * MIB}\n`,
        '/sys/fs/cgroup/cpu.max': '150000 100000\n',
      },
      { memoryBytes: 450 * MIB, cores: 1.5 },
    ],
    [
      'version 2 without limits',
      {
        '/proc/self/cgroup': '0::/user.slice/app.scope\n',
        '/proc/self/mountinfo': V2_MOUNT,
        '/sys/fs/cgroup/user.slice/app.scope/memory.max': 'max\n',
        '/sys/fs/cgroup/user.slice/app.scope/memory.high': 'max\n',
        '/sys/fs/cgroup/user.slice/app.scope/cpu.max': 'max 100000\n',
      },
      NO_LIMIT,
    ],
    [
      'version 2, groups around the own one',
      {
        '/proc/self/cgroup': '0::/kubepods/pod1/app\n',
        '/proc/self/mountinfo': V2_MOUNT,
        '/sys/fs/cgroup/kubepods/memory.max': `${4096 * MIB}\n`,
        '/sys/fs/cgroup/kubepods/pod1/memory.max': `${600 * MIB}\n`,
        '/sys/fs/cgroup/kubepods/pod1/cpu.max': '50000 100000\n',
        '/sys/fs/cgroup/kubepods/pod1/app/memory.max': 'max\n',
        '/sys/fs/cgroup/kubepods/pod1/app/cpu.max': '400000 100000\n',
      },
      { memoryBytes: 600 * MIB, cores: 0.5 },
    ],
    [
      'version 2, memory.high below memory.max',
      {
        '/proc/self/cgroup': '0::/a\n',
        '/proc/self/mountinfo': V2_MOUNT,
        '/sys/fs/cgroup/a/memory.max': `${900 * MIB}\n`,
        '/sys/fs/cgroup/a/memory.high': `${700 * MIB}\n`,
      },
      { memoryBytes: 700 * MIB, cores: Number.POSITIVE_INFINITY },
    ],
    [
      'version 1, colons in names, the smallest of all ancestors',
      {
        '/proc/self/cgroup': V1_CGROUP,
        '/proc/self/mountinfo': V1_MOUNTS,
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': V1_NONE,
        '/sys/fs/cgroup/memory/batch/memory.limit_in_bytes': `${8192 * MIB}\n`,
        '/sys/fs/cgroup/memory/batch/job:7/memory.limit_in_bytes': `${300 * MIB}\n`,
        '/sys/fs/cgroup/memory/batch/job:7/step/memory.limit_in_bytes': V1_NONE,
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/cpu,cpuacct/batch/job:7/cpu.cfs_quota_us': '200000\n',
        '/sys/fs/cgroup/cpu,cpuacct/batch/job:7/cpu.cfs_period_us': '100000\n',
      },
      { memoryBytes: 300 * MIB, cores: 2 },
    ],
    [
      'version 1, a container whose mount is its own group, which the host knows by a path',
      {
        '/proc/self/cgroup': '4:memory:/docker/c0ffee\n',
        '/proc/self/mountinfo':
          '35 31 0:32 /docker/c0ffee /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${512 * MIB}\n`,
      },
      { memoryBytes: 512 * MIB, cores: Number.POSITIVE_INFINITY },
    ],
    [
      'version 1, a limit of an ancestor that the container does not see',
      {
        '/proc/self/cgroup': '4:memory:/docker/c0ffee\n',
        '/proc/self/mountinfo':
          '35 31 0:32 /docker/c0ffee /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': V1_NONE,
        '/sys/fs/cgroup/memory/memory.stat': `cache 0\nhierarchical_memory_limit ${256 * MIB}\ntotal_rss 1\n`,
      },
      { memoryBytes: 256 * MIB, cores: Number.POSITIVE_INFINITY },
    ],
    [
      'a group outside of what the namespace shows',
      {
        '/proc/self/cgroup': '0::/../../outside\n',
        '/proc/self/mountinfo': V2_MOUNT,
        '/sys/fs/cgroup/memory.max': `${640 * MIB}\n`,
        '/sys/fs/cgroup/outside/memory.max': '1\n',
      },
      { memoryBytes: 640 * MIB, cores: Number.POSITIVE_INFINITY },
    ],
    [
      'both versions, memory in version 1',
      {
        '/proc/self/cgroup': '4:memory:/a\n1:cpu,cpuacct:/a\n0::/a\n',
        '/proc/self/mountinfo': `${V1_MOUNTS}\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n`,
        '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${700 * MIB}\n`,
      },
      { memoryBytes: 700 * MIB, cores: Number.POSITIVE_INFINITY },
    ],
    [
      'a mount point with a blank',
      {
        '/proc/self/cgroup': '0::/a\n',
        '/proc/self/mountinfo': '30 23 0:26 / /mnt/c\\040groups rw - cgroup2 none rw\n',
        '/mnt/c groups/a/memory.max': `${500 * MIB}\n`,
      },
      { memoryBytes: 500 * MIB, cores: Number.POSITIVE_INFINITY },
    ],
    [
      'nonsense',
      { '/proc/self/cgroup': 'nonsense\n\n0::\n', '/proc/self/mountinfo': ' - \nx - y\n' },
      NO_LIMIT,
    ],
  ])('%s', (_, files, expected) => {
    expect(readCgroupLimits(machine(files))).toEqual(expected);
  });
});

describe('readMachineLimits()', () => {
  test('rounds a quota up to whole cores, at least one, and never exceeds the machine', () => {
    const withQuota = (quota: string) =>
      readMachineLimits(
        machine({
          '/proc/self/cgroup': '0::/\n',
          '/proc/self/mountinfo': V2_MOUNT,
          '/sys/fs/cgroup/cpu.max': quota,
          '/sys/fs/cgroup/memory.max': `${2 ** 50}\n`,
        }),
      );
    expect(withQuota('5000 100000').cores).toBe(1);
    const { cores, memoryBytes, machineBytes } = withQuota('max 100000');
    expect(withQuota('9999999900000 100000').cores).toBe(cores);
    expect(memoryBytes).toBe(machineBytes);
  });

  test.each([
    ['unlimited            unlimited            bytes', Number.POSITIVE_INFINITY],
    ['4096000000           unlimited            bytes', 4_096_000_000],
  ])('reads the limit of address space: %s', (columns, expected) => {
    const limits = `Limit                     Soft Limit           Hard Limit           Units     \nMax address space         ${columns}     \n`;
    expect(readMachineLimits(machine({ '/proc/self/limits': limits })).addressSpaceBytes).toBe(expected);
  });
});
