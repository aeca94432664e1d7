import { parquetWriteFile } from 'hyparquet-writer';
import { planWeb } from '../web/model/plan-web.ts';
import type { FileServer } from './file-server.ts';

export interface IndexRequest {
  readonly rows: number;
  readonly seed: number;
  /** Paths of images on the server, used in turn. */
  readonly files: readonly string[];
  readonly server: FileServer;
  readonly manyHosts: boolean;
}

/** Writes an index of images on the server, with distinct URLs and captions as long as LAION's. */
export function writeIndex(filename: string, { rows, seed, files, server, manyHosts }: IndexRequest): void {
  const { http, https } = server;
  const plan = manyHosts ? planWeb({ rows, seed, profile: 'dead-links', drip: false }) : null;
  const originOf = (row: number): string => {
    if (plan === null) return `http://127.0.0.1:${http}`;
    const host = plan.hosts[plan.hostOf[row] ?? 0];
    return host?.https ? `https://${host.name}:${https}` : `http://${host?.name}:${http}`;
  };
  const numbers = Array.from({ length: rows }, (_, row) => row);
  parquetWriteFile({
    filename,
    columnData: [
      {
        name: 'URL',
        data: numbers.map((row) => `${originOf(row)}/${files[row % files.length]}?row=${row}`),
        type: 'STRING',
      },
      {
        name: 'TEXT',
        data: numbers.map((row) => `caption ${row} of an image that nobody has seen before`),
        type: 'STRING',
      },
    ],
  });
}
