import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Answer, BoxRequest } from '../../test/support/box/answers.ts';
import { type Box, startBox } from '../../test/support/box/box.ts';
import { runCli } from '../../test/support/command/cli.ts';
import { digestFiles } from '../../test/support/command/read-dataset.ts';
import { check } from '../check.ts';

const HOSTS = 7;
export const ROWS_PER_SHARD = 25;
/** Connections of all machines to a host. */
export const PER_HOST = 4;
export const TIMEOUT_MS = 3_600_000;

/** A web on loopback that keeps machines busy for a time, and what one machine makes of it. */
export interface SoakWeb {
  readonly box: Box;
  readonly index: string;
  /** Flags of every machine. */
  readonly flags: readonly string[];
  /** Digests of the tars of one machine, by name. */
  readonly tars: Readonly<Record<string, string>>;
  /** Called with the number of each row that a machine asks for, and the machine's user agent. */
  onRequest: (row: number, agent: string) => void;
}

/** Every ninth image is gone. `seconds`: how long the machines shall have work at least. */
export async function openSoakWeb(
  folder: string,
  { shards, seconds }: { shards: number; seconds: number },
): Promise<SoakWeb> {
  const rows = shards * ROWS_PER_SHARD;
  const delayMs = Math.ceil((1000 * seconds * HOSTS * PER_HOST) / rows);
  const answer = ({ path, headers }: BoxRequest): Answer => {
    const row = Number(path.slice(1));
    web?.onRequest(row, String(headers['user-agent']));
    return row % 9 === 8 ? { status: 404 } : { body: { fixture: 'images/tiny.jpg' }, delayMs };
  };
  let web: SoakWeb | undefined;
  const box = await startBox({ hosts: { '*': { paths: { '*': answer } } } });
  const csv = join(folder, 'index.csv');
  const urls = Array.from({ length: rows }, (_, row) => box.url(`h${row % HOSTS}.example`, `/${row}`));
  await writeFile(csv, ['url', ...urls, ''].join('\n'));
  const index = join(folder, 'index.parquet');
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (FROM '${csv}') TO '${index}' (ROW_GROUP_SIZE 2048)`);
  connection.closeSync();
  const shape = ['--number-sample-per-shard', `${ROWS_PER_SHARD}`, '--image-size', '32'];
  const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--rights-files', 'none'];
  const alone = join(folder, 'alone');
  const args = [index, '--output', alone, ...shape, ...reach, '--per-host', '64', '--quiet'];
  const { code } = await runCli(args, { timeoutMs: TIMEOUT_MS });
  check('one machine alone', code === 0);
  box.reset();
  const flags = [...shape, ...reach, '--per-host', `${PER_HOST}`, '--log-level', 'info'];
  web = { box, index, flags, tars: digestFiles(alone, '.tar'), onRequest: () => {} };
  return web;
}

/** The most connections that any host has had at a time. */
export function peakOf(box: Box): number {
  return Math.max(0, ...Object.values(box.stats().hosts).map(({ connections }) => connections.peak));
}
