import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATASET_FILES } from '../../../src/output/loader-files/dataset-files.ts';

/** Calls by which a program changes what lies on a disk. */
const CALLS = [
  ...['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'ftruncate', 'fsync', 'fdatasync'],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir'],
] as const;

/** The `nth` call of this name, from 1. */
export interface CallPoint {
  readonly call: string;
  readonly nth: number;
}

/** Why strace cannot be used here; null if it can. */
export function whyNoStrace(): string | null {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'pipe' });
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    return `strace cannot be used: ${stderr?.toString().trim() || message}`;
  }
}

const SUFFIXES = ['.tar', '.idx', '.tar.idx', '.parquet', '.sha256', '_stats.json'];

/** Every path that a run of shards in the format webdataset writes to in its output folder. */
export function outputPaths(output: string, shards: number): string[] {
  const state = join(output, '.laion-fetch');
  const scratch = join(state, 'scratch');
  const stateFiles = ['manifest.json', 'hosts.json', 'loader-files.json', 'throughput.json'].flatMap(
    (name) => [name, `${name}.tmp`],
  );
  const ids = Array.from({ length: shards }, (_, id) => id);
  const shardFiles = ids
    .map((id) => String(id).padStart(5, '0'))
    .flatMap((shard) => SUFFIXES.map((suffix) => shard + suffix));
  const datasetFiles = DATASET_FILES.flatMap(({ name }) => [name, `${name}.tmp`]);
  return [
    ...[output, join(output, '.laion-fetch.lock'), state, scratch],
    ...stateFiles.map((name) => join(state, name)),
    ...ids.map((id) => join(scratch, `${id}.spool`)),
    ...['.nv-meta', ...datasetFiles].map((name) => join(output, name)),
    ...shardFiles.flatMap((name) => [join(scratch, name), join(output, name)]),
  ];
}

/** For `startNode`: strace for changes of only these paths, with additional arguments. */
export function underStrace(paths: readonly string[], ...args: readonly string[]) {
  return {
    under: [
      // Not --seccomp-bpf, with which strace 6.1 injects no signals.
      ...['strace', '--follow-forks', '-qqq', '--signal=none', `--trace=${CALLS.join(',')}`],
      ...paths.flatMap((path) => ['-P', path]),
      ...args,
    ],
    // strace counts by thread: all calls of Node's file system must come from one.
    env: { UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' },
  };
}

/** The calls in a log of strace, in order. */
export function callPoints(log: string): CallPoint[] {
  const counts = new Map<string, number>();
  return [...readFileSync(log, 'utf8').matchAll(/^(?:\d+ +)?(\w+)\(/gm)].map(([, call = '']) => {
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    return { call, nth };
  });
}

/** A call with the paths of the files and folders that it names, by their name or by an open file. */
export interface TracedCall {
  readonly call: string;
  readonly paths: readonly string[];
}

/** The calls in a log of strace with `--decode-fds=path`, in the order in which they began. */
export function tracedCalls(log: string): TracedCall[] {
  return [...readFileSync(log, 'utf8').matchAll(/^(?:\d+ +)?(\w+)\((.*)$/gm)].map(
    ([, call = '', rest = '']) => {
      const opened = /^\d+<([^>]+)>/.exec(rest)?.[1];
      // The content of a write is also quoted, but irrelevant.
      const named = [...rest.matchAll(/"([^"]*)"/g)].map(([, path = '']) => path);
      return { call, paths: opened === undefined ? named : [opened] };
    },
  );
}
