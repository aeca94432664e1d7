import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type AtEnd, useTempFolder } from '../temp-folder.ts';
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
}

/** A Redis of Debian's package that keeps its data on disk, on a free port. */
export async function useRedis(
  atEnd: AtEnd = onTestFinished,
  flags: readonly string[] = [],
): Promise<RedisServer> {
  const folder = await useTempFolder(atEnd);
  const port = await findRefusedPort(HOST);
  const args = [
    '--port',
    `${port}`,
    '--bind',
    HOST,
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    ...flags,
  ];
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = spawn('redis-server', args, { stdio: 'ignore' });
    while (!(await accepts(port))) await setTimeout(20);
  };
  const kill = async (): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  };
  atEnd(kill);
  await start();
  return { url: `redis://${HOST}:${port}`, kill, restart: start };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
