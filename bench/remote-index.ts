/**
 * An index of 1 GB in S3: seconds from the start of the command to the first request for an image, and the space that
 * temporary files take meanwhile. `npm run bench:remote-index -- /path/to/versitygw`; needs Linux.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';

const ROWS = 7_000_000;
const RUN_MS = 20_000;
const CLI = new URL('../bin/laion-fetch.js', import.meta.url).pathname;

const [gateway = 'versitygw'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'remote-index-'));
const keys = { access: 'key', secret: 'secret-key' };

let firstRequest = 0;
let requests = 0;
const images = createServer((_, response) => {
  firstRequest ||= performance.now();
  requests += 1;
  response.writeHead(404).end();
});
await new Promise<void>((resolve) => images.listen(0, '127.0.0.1', resolve));
const imagePort = (images.address() as AddressInfo).port;
const s3Port = await freePort();

const index = join(folder, 'bucket', 'index.parquet');
mkdirSync(join(folder, 'bucket'));
mkdirSync(join(folder, 'scratch'));
const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
await connection.run(
  `COPY (SELECT 'http://127.0.0.1:${imagePort}/' || sha256(i::VARCHAR) AS url,
     md5(i::VARCHAR) || ' ' || md5((-i)::VARCHAR) || ' ' || sha256((i + 1)::VARCHAR) AS caption
     FROM range(${ROWS}) t(i)) TO '${index}' (FORMAT parquet)`,
);
connection.closeSync();
instance.closeSync();
const indexBytes = statSync(index).size;

const s3 = spawn(
  gateway,
  ['--access', keys.access, '--secret', keys.secret, '--port', `127.0.0.1:${s3Port}`, 'posix', folder],
  { stdio: 'ignore' },
);
try {
  await setTimeout(2000);
  const startedAt = performance.now();
  const run = spawn(
    process.execPath,
    [
      CLI,
      's3://bucket/index.parquet',
      ...['--output', join(folder, 'dataset'), '--allow-private', '127.0.0.0/8', '--progress', 'none'],
      ...['--decoders', '1'],
    ],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        TMPDIR: join(folder, 'scratch'),
        AWS_ENDPOINT_URL: `http://127.0.0.1:${s3Port}`,
        AWS_ACCESS_KEY_ID: keys.access,
        AWS_SECRET_ACCESS_KEY: keys.secret,
        AWS_REGION: 'us-east-1',
      },
    },
  );
  const ended = new Promise((resolve) => run.once('exit', resolve));
  let most = 0;
  while (performance.now() - startedAt < RUN_MS) {
    most = Math.max(most, scratchBytes(run.pid ?? 0));
    await setTimeout(100);
  }
  run.kill('SIGKILL');
  await ended;
  const left = existsSync(join(folder, 'scratch')) ? readdirSync(join(folder, 'scratch')) : [];
  console.log(
    JSON.stringify({
      indexBytes,
      firstRequestSeconds: (firstRequest - startedAt) / 1000,
      requests,
      mostScratchBytes: most,
      leftAfterKill: left,
    }),
  );
} finally {
  s3.kill();
  images.close();
  images.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}

/** The space of a process's temporary files, which have no names. */
function scratchBytes(pid: number): number {
  let bytes = 0;
  const files = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const path = `/proc/${pid}/fd/${fd}`;
      if (!readlinkSync(path).startsWith(join(folder, 'scratch'))) continue;
      const { ino, blocks } = statSync(path);
      if (files.has(String(ino))) continue;
      files.add(String(ino));
      bytes += blocks * 512;
    }
  } catch {
    // A file was closed, or the process has ended.
  }
  return bytes;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
