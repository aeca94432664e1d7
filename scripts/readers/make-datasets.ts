import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { startBox } from '../../test/support/box/box.ts';
import { PHOTOS } from '../../test/support/box/photos.ts';
import { CLI } from '../../test/support/command/cli.ts';

const ROWS = 120;
const ROWS_PER_SHARD = 40;
/** Rows that fail: every seventh. */
export const SAMPLES = ROWS - Math.ceil(ROWS / 7);

/**
 * The index of both datasets: values of many types, and no captions in the first rows, from which readers guess the
 * type of the column.
 */
const INDEX = `
  SELECT
    'http://h' || (i % 7) || '.example:PORT/' || i AS url,
    CASE WHEN i < 12 OR i % 11 = 0 THEN NULL ELSE 'Bild ' || i || ' 🖼' END AS caption,
    CASE WHEN i % 5 = 0 THEN NULL ELSE i / 100 END AS similarity,
    CASE WHEN i < 50 THEN NULL ELSE 'cc-by' END AS "LICENSE",
    (9007199254740993 + i)::BIGINT AS hash,
    CASE WHEN i < 9 THEN NULL ELSE [i, i + 1] END AS tags,
    CASE WHEN i < 9 THEN NULL ELSE {'x': i / 10, 'name': 'a ''quoted'' "name"'} END AS box,
    TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS seen
  FROM range(${ROWS}) AS rows(i)`;

/** Downloads the index from a small local web, once in each format. Returns the folders of the datasets. */
export async function makeDatasets(folder: string): Promise<{ webdataset: string; files: string }> {
  const box = await startBox({
    hosts: {
      '*': {
        paths: {
          '*': ({ path }) => {
            const row = Number(path.slice(1));
            return row % 7 === 0 ? { status: 404 } : { body: PHOTOS[row % PHOTOS.length] ?? { text: '' } };
          },
        },
      },
    },
  });
  try {
    const index = join(folder, 'index.parquet');
    await writeIndex(index, box.ports.http);
    const [webdataset, files, mds, parquet] = ['webdataset', 'files', 'mds', 'parquet'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    const reach = ['--resolver', box.dns, '--allow-private', '127.0.0.0/8', '--progress', 'none'];
    for (const output of [webdataset, files, mds, parquet]) {
      const format = ['--output-format', basename(output)];
      const size = ['--image-size', '96', '--number-sample-per-shard', String(ROWS_PER_SHARD)];
      await run([index, '--output', output, ...format, ...size, ...reach]);
    }
    return { webdataset, files };
  } finally {
    await box.close();
  }
}

async function writeIndex(path: string, port: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(`COPY (${INDEX.replace('PORT', String(port))}) TO '${path}' (FORMAT parquet)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`laion-fetch ${args.join(' ')} ended with ${code}`);
}
