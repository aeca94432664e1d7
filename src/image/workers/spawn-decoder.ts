import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { machineLimits } from '../../util/machine/machine-limits.ts';

const WORKER_PATH = fileURLToPath(new URL('./worker.js', import.meta.url));

/** The whole environment of a process that parses foreign bytes: no secrets, no paths. */
const ENVIRONMENT = {
  // A process decodes one image at a time, in one arena of memory that it keeps between images (saves 6 % of the time).
  UV_THREADPOOL_SIZE: '1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: String(128 * 2 ** 20),
  MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20),
};

/** Maximum heap of a decoder, whose images are not on it. */
const MAX_HEAP_MB = 256;
/** When memory runs out, the system kills a decoder, which costs a second try, rather than the engine. */
const VICTIM = 'echo 1000 2>/dev/null >/proc/self/oom_score_adj';

/** Starts `worker.ts` with at most `memoryBytes` of address space, where the system can limit it. */
export function spawnDecoder(memoryBytes: number): ChildProcess {
  // Without the flag V8 reserves ten gigabytes of address space for the kernel's 128 MiB.
  const heapMegabytes = Math.floor(Math.min(MAX_HEAP_MB, machineLimits().memoryBytes / 4 / 2 ** 20));
  const flags = [`--max-old-space-size=${heapMegabytes}`, '--disable-wasm-trap-handler'];
  const command = [process.execPath, ...flags, WORKER_PATH];
  // An image that crashes a decoder must not leave a core dump of a gigabyte.
  const script = `ulimit -c 0; ${VICTIM}; ulimit -v ${Math.floor(memoryBytes / 1024)} && exec "$0" "$@"`;
  const [file = '', ...args] = process.platform === 'linux' ? ['/bin/sh', '-c', script, ...command] : command;
  return spawn(file, args, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'],
    // JSON cannot represent Infinity, which some limits are.
    serialization: 'advanced',
    env: ENVIRONMENT,
    cwd: '/',
  });
}
