import { RULE_FILES } from '../../core/rights/rule-files.ts';
import type { HostRecord, KeptFile } from '../../fetch/hosts/host-record.ts';
import { openStore } from '../../output/store/open-store.ts';
import { parseUrl } from '../../util/text/parse-url.ts';
import { addEvidence } from './evidence.ts';

/** `hosts.json` in the state folder: what is known about dead, throttled and slow hosts. */
interface HostTable {
  readonly format: 1;
  readonly hosts: readonly HostRecord[];
}

const URL_OF_ORIGIN = /^https?:\/\/[^/?#@\s]+$/;

const TABLE = '.laion-fetch/hosts.json';

/** What earlier runs into this folder have learnt. Empty if the table is missing or damaged. */
export async function readHostTable(output: string): Promise<readonly HostRecord[]> {
  try {
    const text = await openStore(output).read(TABLE);
    if (text === null) return [];
    const table = JSON.parse(text.toString('utf8')) as HostTable;
    return table.format === 1 && table.hosts.every(isHostRecord) ? table.hosts : [];
  } catch {
    return [];
  }
}

/** `keepsOthers`: whether hosts that are not among these stay, as what other machines have learnt meanwhile. */
export async function writeHostTable(
  output: string,
  hosts: readonly HostRecord[],
  keepsOthers = false,
): Promise<void> {
  await addEvidence(output, hosts);
  const names = new Set(hosts.map(({ host }) => host));
  const others = keepsOthers ? (await readHostTable(output)).filter(({ host }) => !names.has(host)) : [];
  const table: HostTable = { format: 1, hosts: [...hosts, ...others] };
  await openStore(output).writeSoon(TABLE, `${JSON.stringify(table)}\n`);
}

/** Whether a value that was read is one. */
export const isKeptFile = ({ origin, file, asked, url, at, body }: KeptFile): boolean =>
  URL_OF_ORIGIN.test(origin) &&
  (file === 'rsl' ? typeof asked === 'string' && parseUrl(asked) !== null : RULE_FILES.includes(file)) &&
  typeof url === 'string' &&
  Number.isFinite(at) &&
  (body === null || typeof body === 'string');

function isHostRecord({ host, closed, paused, intervalMs, meanMs, files = [] }: HostRecord): boolean {
  if (!files.every(isKeptFile)) return false;
  if (paused !== undefined && !Number.isFinite(paused.until)) return false;
  const isClosed = closed !== null && Number.isFinite(closed.until) && typeof closed.cause === 'string';
  const isTimed = Number.isFinite(intervalMs) && (meanMs === null || Number.isFinite(meanMs));
  return typeof host === 'string' && (closed === null || isClosed) && isTimed;
}
