import { parquetWriteFile } from 'hyparquet-writer';
import type { WebPorts } from '../server/serve.ts';
import { END_WELL } from './distributions.ts';
import type { WebPlan } from './plan-web.ts';
import { fraction } from './random.ts';

/** Rows per row group, so that img2dataset's readers and ours read the index in parts. */
const ROW_GROUP_ROWS = 100_000;

/** Writes the index of the web as Parquet; for the perfect web, only rows that succeed. Returns the number of rows. */
export function writeIndex(
  filename: string,
  plan: WebPlan,
  { ports, perfect }: { ports: WebPorts; perfect: boolean },
): number {
  const all = Array.from(plan.hostOf.keys());
  const rows = perfect ? all.filter((row) => endsWell(plan, row)) : all;
  const side = (row: number) => 100 + Math.floor(fraction(3, row) * 1000);
  parquetWriteFile({
    filename,
    rowGroupSize: ROW_GROUP_ROWS,
    columnData: [
      { name: 'URL', data: rows.map((row) => urlOf(plan, row, ports, perfect)), type: 'STRING' },
      { name: 'TEXT', data: rows.map((row) => `caption ${row} of an image`), type: 'STRING' },
      { name: 'WIDTH', data: rows.map(side), type: 'INT32' },
      { name: 'HEIGHT', data: rows.map((row) => side(row + 1)), type: 'INT32' },
      { name: 'similarity', data: rows.map((row) => 0.28 + fraction(4, row) * 0.1), type: 'DOUBLE' },
    ],
  });
  return rows.length;
}

const endsWell = ({ fateOf }: WebPlan, row: number): boolean => END_WELL.has(fateOf[row] ?? 'not_found');

/** Number of rows that succeed for a client that waits and retries as needed. */
export const countEndingWell = (plan: WebPlan): number =>
  plan.fateOf.reduce((count, fate) => (END_WELL.has(fate) ? count + 1 : count), 0);

/** About ninety characters, LAION's median; nothing in it reveals how the row ends. */
function urlOf(plan: WebPlan, row: number, ports: WebPorts, perfect: boolean): string {
  const host = plan.hosts[plan.hostOf[row] ?? 0];
  if (host === undefined) throw new Error(`expected a host for row ${row}`);
  const outage = host.outage && !perfect;
  const own = host.https
    ? { scheme: 'https', port: outage ? ports.httpsOutage : ports.https }
    : { scheme: 'http', port: outage ? ports.httpOutage : ports.http };
  const port = host.fate === 'refused' ? REFUSING_PORT : own.port;
  return `${own.scheme}://${host.name}:${port}/wp-content/uploads/2019/07/image-of-something/${row}.jpg`;
}

/** tcpmux, which no host has offered for decades. */
const REFUSING_PORT = 1;
