import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Options } from '../../config/resolve.ts';
import { DEFAULT_LIMITS } from '../../image/job/settings.ts';
import { machineLimits } from '../../util/machine/machine-limits.ts';
import { formatBytes, formatCount, plural } from '../../util/text/units.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** The options that decide how much of the system's limits a run needs. */
export type Demand = Pick<Options, 'concurrency' | 'perHost' | 'decoders'>;

/** Spools of unfinished shards, and the files of the shard that is being written. */
const SHARD_FILES = 16;
/** Index, log, name servers, and files that Node itself opens. */
const MARGIN_FILES = 64;

/** Checks the limits that the kernel sets for this process. */
export async function checkLimits(demand: Demand): Promise<Finding[]> {
  return [
    judgeOpenFiles(await openFilesLimit(), demand),
    judgeLocalPorts(await countLocalPorts(), demand),
    judgeAddressSpace(machineLimits().addressSpaceBytes),
  ];
}

/** `limit`: of each process, in bytes; Infinity for none. */
export function judgeAddressSpace(limit: number): Finding {
  const name = 'address space';
  if (limit === Number.POSITIVE_INFINITY) return ok(name, 'no limit');
  const needed = DEFAULT_LIMITS.memoryBytes;
  const found = `at most ${formatBytes(limit)} for each process, ${formatBytes(needed)} needed`;
  return limit < needed ? fail(name, found, `raise the limit: ulimit -v ${needed / 1024}`) : ok(name, found);
}

/** `limit`: Infinity for none, null if it is not known. */
export function judgeOpenFiles(limit: number | null, { concurrency, decoders }: Demand): Finding {
  const name = 'open files';
  if (limit === null) return ok(name, 'the limit is unknown');
  const others = decoders + SHARD_FILES + MARGIN_FILES;
  // As many connections as are in use may be idle.
  const needed = 2 * concurrency + others;
  const found = `${limit === Number.POSITIVE_INFINITY ? 'no limit' : `at most ${formatCount(limit)}`}, ${formatCount(needed)} needed for --concurrency ${concurrency}`;
  if (limit >= needed) return ok(name, found);
  const fitting = Math.floor((limit - others) / 2);
  const lower = fitting < 1 ? '' : `, or use --concurrency ${fitting}`;
  return fail(
    name,
    found,
    `raise the hard limit: ulimit -Hn ${needed}, LimitNOFILE= of a service, --ulimit of a container${lower}`,
  );
}

/** `ports`: how many can be used at a time; null if that is not known. */
export function judgeLocalPorts(ports: number | null, { concurrency, perHost }: Demand): Finding {
  const name = 'local ports';
  if (ports === null) return ok(name, 'their number is unknown');
  const remedy = (lower: string) => `widen net.ipv4.ip_local_port_range (sysctl), or lower ${lower}`;
  // Connections to different servers can share a port; connections to one server cannot.
  const toOneHost = Math.min(concurrency, perHost);
  if (ports < toOneHost) {
    const found = `${plural(ports, 'port')}, ${formatCount(toOneHost)} needed for --per-host ${perHost}`;
    return fail(name, found, remedy('--per-host'));
  }
  const wanted = 2 * concurrency;
  const found = `${plural(ports, 'port')}, ${formatCount(wanted)} wanted for --concurrency ${concurrency}`;
  return ports < wanted ? warn(name, found, remedy('--concurrency')) : ok(name, found);
}

/** The limit of open files. Node has already raised its soft limit to the hard one. */
async function openFilesLimit(): Promise<number | null> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => null);
  return limits === null
    ? parseLimit((await askShell('ulimit -n')).trim())
    : parseLimit(/^Max open files +(\w+)/m.exec(limits)?.[1] ?? '');
}

function parseLimit(text: string): number | null {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY;
  return /^\d+$/.test(text) ? Number(text) : null;
}

async function askShell(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', command]).catch(() => ({ stdout: '' }));
  return stdout;
}

async function countLocalPorts(): Promise<number | null> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  const [, first, last] = /^(\d+)\s+(\d+)/.exec(range) ?? [];
  return first === undefined || last === undefined ? null : Number(last) - Number(first) + 1;
}
