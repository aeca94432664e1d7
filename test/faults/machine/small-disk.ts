import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { useTempFolder } from '../../support/temp-folder.ts';

/** A file system of its own in memory, as long as the running test lasts. */
export interface SmallDisk {
  readonly folder: string;
  /** Gives it other mount options: `size=64m`, `ro`. */
  remount(options: string): Promise<void>;
}

/** Null if this machine does not allow mounts. */
export async function useSmallDisk(size: string): Promise<SmallDisk | null> {
  const mountPoint = await useTempFolder();
  // The file system lives in a namespace of the shell's own and ends with it; others see it through /proc.
  const script =
    'mount -t tmpfs -o "$2" tmpfs "$1" && echo ok; while read -r o; do mount -o "remount,$o" "$1" && echo ok; done';
  const shell = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', mountPoint, `size=${size}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(shell, 'close').catch(() => []);
  onTestFinished(async () => {
    shell.kill('SIGKILL');
    await ended;
  });
  shell.stdin.on('error', () => {});
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  const isOk = async (): Promise<boolean> => {
    const next = await Promise.race([lines.next(), ended.then(() => null)]);
    return next !== null && !next.done && next.value === 'ok';
  };
  if (!(await isOk())) return null;
  return {
    folder: join('/proc', String(shell.pid), 'root', mountPoint),
    remount: async (options) => {
      shell.stdin.write(`${options}\n`);
      if (!(await isOk())) throw new Error(`Cannot remount ${mountPoint} with ${options}`);
    },
  };
}
