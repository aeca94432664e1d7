import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Box, startBox } from '../../test/support/box/box.ts';
import { PHOTOS } from '../../test/support/box/photos.ts';
import { runCli } from '../../test/support/command/cli.ts';
import { digestFiles } from '../../test/support/command/read-dataset.ts';

/** A web on loopback, an index of it in Parquet, and what one machine makes of it. */
export interface Gallery {
  readonly box: Box;
  readonly folder: string;
  /** The index and all flags but `--output`. */
  readonly line: readonly string[];
  /** Digests of the tars of one machine, by name. */
  readonly tars: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Every ninth page is gone; the others answer after `delayMs`. */
export async function openGallery(shards: number, rowsOfShard: number, delayMs: number): Promise<Gallery> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-cluster-'));
  let wait = 0;
  const box = await startBox({
    hosts: {
      '*': {
        paths: {
          '*': ({ path }) => {
            const page = Number(path.slice(1));
            const body = PHOTOS[page % PHOTOS.length];
            return page % 9 === 8 || body === undefined ? { status: 404 } : { body, delayMs: wait };
          },
        },
      },
    },
  });
  const index = join(folder, 'index.parquet');
  const port = new URL(box.url('h.example', '/')).port;
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(
    `COPY (SELECT 'http://h' || i % 20 || '.example:${port}/' || i AS url, 'image ' || i AS caption
     FROM range(${shards * rowsOfShard}) t(i)) TO '${index}'`,
  );
  connection.closeSync();
  const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--rights-files', 'none'];
  const shape = ['--number-sample-per-shard', String(rowsOfShard), '--image-size', '64'];
  const line = [index, ...shape, ...reach];
  const alone = join(folder, 'alone');
  const { code, stderr } = await runCli([...line, '--output', alone], { timeoutMs: 600_000 });
  if (code !== 0) throw new Error(`The run of one machine ended with ${code}: ${stderr}`);
  wait = delayMs;
  const close = async (): Promise<void> => {
    await box.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { box, folder, line, tars: digestFiles(alone, '.tar'), close };
}
