import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findRefusedPort } from './ports.ts';

const HOST = '127.0.0.1';

/** Whether Redis can be started; in CI a missing one is a failure. */
export const hasRedis =
  spawnSync('redis-server', ['--version']).status === 0 || process.env['CI'] !== undefined;

export interface RedisServer {
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again with what it had written. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a Redis of Debian's package that keeps its data on disk, on a free port. */
export async function startRedis(flags: readonly string[] = []): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'laion-fetch-redis-'));
  const port = await findRefusedPort(HOST);
  const keeping = ['--dir', folder, '--save', '', '--appendonly', 'yes'];
  const args = ['--port', `${port}`, '--bind', HOST, ...keeping, ...flags];
  let server: ChildProcess | undefined;
  const restart = async (): Promise<void> => {
    server = spawn('redis-server', args, { stdio: 'ignore' });
    while (!(await accepts(port))) await setTimeout(20);
  };
  const kill = async (): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  };
  const stop = async (): Promise<void> => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  await restart();
  return { url: `redis://${HOST}:${port}`, kill, restart, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
