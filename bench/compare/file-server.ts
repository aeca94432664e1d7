import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificates } from '../../test/support/servers/certificates.ts';
import { findRefusedPort } from '../../test/support/servers/ports.ts';
import { DOMAINS } from '../web/model/plan-web.ts';
import { nginxConfig } from './nginx-config.ts';

/** What a server needs to know; all paths are absolute. */
export interface ServerFiles {
  readonly address: string;
  readonly http: number;
  readonly https: number;
  /** Folder of the files to serve. */
  readonly root: string;
  /** Folder for the server's own files. */
  readonly folder: string;
  /** PEM files. */
  readonly cert: string;
  readonly key: string;
  /** Log with one line per answer: seconds since 1970. */
  readonly log: string;
}

export interface FileServer {
  readonly http: number;
  readonly https: number;
  /** PEM file of the authority that signed its certificate. The certificate names the hosts of the simulated web. */
  readonly ca: string;
  /** "nginx/1.22.1", "Node's own server". */
  readonly name: string;
  /** Times of the answers since the last call: milliseconds since 1970, in order. */
  takeAnswers(): Promise<number[]>;
  stop(): Promise<void>;
}

const ADDRESS = '127.0.0.1';
const SERVE_FILES = fileURLToPath(new URL('serve-files.ts', import.meta.url));
const PATIENCE = { tries: 200, everyMs: 50 } as const;

/** Serves the files below `root` on free ports, with nginx if it is installed, otherwise with Node. */
export async function startFileServer(root: string, folder: string): Promise<FileServer> {
  const certificates = await makeCertificates(
    DOMAINS.map((domain) => `*.${domain}`),
    [],
  );
  const ca = join(folder, 'ca.pem');
  const files: ServerFiles = {
    address: ADDRESS,
    http: await findRefusedPort(ADDRESS),
    https: await findRefusedPort(ADDRESS),
    root,
    folder,
    cert: join(folder, 'cert.pem'),
    key: join(folder, 'key.pem'),
    log: join(folder, 'answers.log'),
  };
  await writeFile(ca, certificates.ca);
  await writeFile(files.cert, certificates.trusted.cert);
  await writeFile(files.key, certificates.trusted.key);
  await writeFile(files.log, '');
  const nginx = nginxVersion();
  const config = join(folder, 'nginx.conf');
  if (nginx !== null) await writeFile(config, nginxConfig(files));
  const [command, args] =
    nginx === null
      ? [process.execPath, ['--import', 'tsx', SERVE_FILES, JSON.stringify(files)]]
      : ['nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', config]];
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const closed = once(child, 'close');
  await untilReached(files.http, () => child.exitCode);
  let read = 0;
  return {
    http: files.http,
    https: files.https,
    ca,
    name: nginx ?? "Node's own server",
    async takeAnswers() {
      const text = (await readFile(files.log, 'latin1')).slice(read);
      read += text.length;
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => Number(line) * 1000)
        .sort((a, b) => a - b);
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** "nginx/1.22.1"; null if nginx is not installed. */
function nginxVersion(): string | null {
  try {
    const words = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8', stdio: 'pipe' });
    return /nginx\/[\d.]+/.exec(words)?.[0] ?? null;
  } catch {
    return null;
  }
}

async function untilReached(port: number, exitCode: () => number | null): Promise<void> {
  for (let tries = 0; tries < PATIENCE.tries && exitCode() === null; tries++) {
    if (await isReached(port)) return;
    await new Promise((resolve) => setTimeout(resolve, PATIENCE.everyMs));
  }
  throw new Error(`The image server did not start on port ${port}; see its error above`);
}

function isReached(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, ADDRESS);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
