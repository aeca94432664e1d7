import { execFileSync } from 'node:child_process';

/** Whether strace is there and may trace. */
export function canTrace(): boolean {
  try {
    execFileSync('strace', ['-f', '-qq', '--seccomp-bpf', '-e', 'trace=fsync', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs a Node script with failing system calls; `inject` has the form of `strace -e inject`. */
export function straced(inject: string, args: readonly string[]) {
  const [calls] = inject.split(':');
  const flags = [
    '-f',
    '-qq',
    '--seccomp-bpf',
    '-o',
    '/dev/null',
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${inject}`,
  ];
  return {
    command: 'strace',
    args: [...flags, process.execPath, ...args],
    // strace counts the calls of each thread for itself: with one thread for files the n-th is always the same.
    env: { UV_THREADPOOL_SIZE: '1' },
  };
}
