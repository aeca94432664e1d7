import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostRecord } from '../../fetch/hosts/host.ts';
import { writeError } from '../../output/store/write-error.ts';
import { writeFileAtomic } from '../../util/files/write-file-atomic.ts';
import { stateFolder } from './manifest.ts';

/** `hosts.json` of the run's own folder: what is known of hosts that are dead, throttled or slow. */
interface HostTable {
  readonly format: 1;
  readonly hosts: readonly HostRecord[];
}

const tablePath = (output: string): string => join(stateFolder(output), 'hosts.json');

/** What earlier runs into this folder have learnt. A table that is missing or damaged costs nothing but that. */
export async function readHostTable(output: string): Promise<readonly HostRecord[]> {
  try {
    const table = JSON.parse(await readFile(tablePath(output), 'utf8')) as HostTable;
    return table.format === 1 && table.hosts.every(isHostRecord) ? table.hosts : [];
  } catch {
    return [];
  }
}

export async function writeHostTable(output: string, hosts: readonly HostRecord[]): Promise<void> {
  const table: HostTable = { format: 1, hosts };
  try {
    await writeFileAtomic(tablePath(output), `${JSON.stringify(table)}\n`);
  } catch (error) {
    throw writeError(tablePath(output), error, 0);
  }
}

function isHostRecord({ host, closed, intervalMs, meanMs }: HostRecord): boolean {
  const isClosed = closed !== null && Number.isFinite(closed.until) && typeof closed.cause === 'string';
  const isTimed = Number.isFinite(intervalMs) && (meanMs === null || Number.isFinite(meanMs));
  return typeof host === 'string' && (closed === null || isClosed) && isTimed;
}
