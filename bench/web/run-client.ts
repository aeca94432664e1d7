import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BusyMeter } from './busy-meter.ts';
import { processTree, waitedSeconds } from './process-tree.ts';
import { machineNow } from './server/machine-clock.ts';

export interface ClientRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Time after which the client is stopped; Infinity for never. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

export interface ClientRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly stopped: boolean;
  readonly seconds: number;
  /** When it ended, by `machineNow`. */
  readonly endedAt: number;
  /** Of the client and all its processes; null if they cannot be measured. */
  readonly cpuSeconds: number | null;
  /** Of its first process alone, to its end. */
  readonly rootCpuSeconds: number | null;
  readonly peakBytes: number | null;
  /** Memory of its first process, four times a second. */
  readonly rootBytes: readonly number[] | null;
  /** Share of the machine's CPU time that the client and its servers used: 0 to 1. */
  readonly busy: { readonly all: number; readonly lastMinute: number };
}

const SAMPLE_EVERY_MS = 250;
const MAX_KEPT_OUTPUT = 2 ** 20;

/** Runs a client as a process group until it ends, or stops the group. */
export async function runClient(request: ClientRequest): Promise<ClientRun> {
  request.signal.throwIfAborted();
  const startedAt = performance.now();
  const waitedBefore = waitedSeconds();
  const meter = new BusyMeter(startedAt);
  const child = spawn(request.command, request.args, {
    detached: true,
    env: { ...process.env, ...request.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] = (output[name] + text).slice(-MAX_KEPT_OUTPUT);
    });
  }
  const use = { cpuSeconds: 0, rootCpuSeconds: 0, peakBytes: 0 };
  const rootBytes: number[] = [];
  let stopped = false;
  const stop = () => {
    stopped = true;
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const sampler = setInterval(() => {
    meter.sample(performance.now());
    const tree = child.pid === undefined ? null : processTree(child.pid);
    use.cpuSeconds = Math.max(use.cpuSeconds, tree?.cpuSeconds ?? 0);
    use.rootCpuSeconds = tree?.rootCpuSeconds ?? use.rootCpuSeconds;
    use.peakBytes = Math.max(use.peakBytes, tree?.residentBytes ?? 0);
    if (tree !== null) rootBytes.push(tree.rootResidentBytes);
    if (!stopped && performance.now() - startedAt > request.deadlineMs) stop();
  }, SAMPLE_EVERY_MS);
  request.signal.addEventListener('abort', stop);
  try {
    await once(child, 'close');
  } finally {
    clearInterval(sampler);
    request.signal.removeEventListener('abort', stop);
  }
  request.signal.throwIfAborted();
  const waited = waitedSeconds();
  const own = waited === null || waitedBefore === null ? null : waited - waitedBefore;
  return {
    ...output,
    code: child.exitCode,
    stopped,
    seconds: (performance.now() - startedAt) / 1000,
    endedAt: machineNow(),
    // Each source misses something: samples miss the last moment, waiting misses children that nobody waited for.
    cpuSeconds: own === null ? null : Math.max(own, use.cpuSeconds),
    rootCpuSeconds: own === null ? null : use.rootCpuSeconds,
    peakBytes: own === null ? null : use.peakBytes,
    rootBytes: own === null ? null : rootBytes,
    busy: { all: meter.share(), lastMinute: meter.share(60_000) },
  };
}
