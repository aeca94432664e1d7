import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { globSync } from 'tinyglobby';
import { findRefusedPort } from './ports.ts';

const HOST = '127.0.0.1';
/** PostgreSQL does not run as root; this is Debian's nobody. */
const NOBODY = 65_534;
const PASSWORD = 'sesame';

/** The newest of Debian's packages, which are not in the path. */
const PROGRAMS = globSync('/usr/lib/postgresql/*/bin', { onlyDirectories: true }).sort().at(-1) ?? '';

/** Whether PostgreSQL can be started; in CI a missing one is a failure. */
export const hasPostgres = PROGRAMS !== '' || process.env['CI'] !== undefined;

export interface PostgresServer {
  /** `postgres://fetch:sesame@127.0.0.1:port/postgres` */
  readonly url: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again with what it had written. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a PostgreSQL of Debian's package on a free port, which asks for the password `sesame`. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-postgres-'));
  const [data, passwordFile] = [join(folder, 'data'), join(folder, 'password')];
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, PASSWORD);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const path of [folder, data, passwordFile]) await chown(path, NOBODY, NOBODY);
  const who = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const login = ['-U', 'fetch', '-A', 'scram-sha-256', '--pwfile', passwordFile];
  const made = spawnSync(
    join(PROGRAMS, 'initdb'),
    ['-D', data, ...login, '--no-sync', '--no-locale', '-E', 'UTF8'],
    { cwd: folder, ...who },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await findRefusedPort(HOST);
  const url = `postgres://fetch:${PASSWORD}@${HOST}:${port}/postgres`;
  const settings = [`listen_addresses=${HOST}`, 'unix_socket_directories=', 'fsync=off'];
  const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])];
  let server: ChildProcess | undefined;
  const restart = async (): Promise<void> => {
    server = spawn(join(PROGRAMS, 'postgres'), args, { cwd: folder, stdio: 'ignore', ...who });
    while (!(await accepts(url))) await setTimeout(20);
  };
  const kill = async (): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    // All its processes end at once, without a checkpoint.
    server.kill('SIGQUIT');
    await ended;
  };
  const stop = async (): Promise<void> => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  await restart();
  return { url, kill, restart, stop };
}

async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
