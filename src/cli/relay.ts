import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { EXIT } from '../core/errors.ts';
import { isInForeground } from '../util/machine/foreground.ts';
import { type MachineLimits, machineLimits } from '../util/machine/machine-limits.ts';

const MIB = 2 ** 20;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Flags that show that another process relays this one. */
const RELAYED = /^--(?:disable-wasm-trap-handler|max-old-space-size)/;
/** A limit on address space also limits the arenas of malloc, which reserve 64 MiB for each of some threads. */
const FEW_ARENAS = { MALLOC_ARENA_MAX: '2' };

/**
 * Where this machine demands flags of Node that can only be given at the start, runs the command line of this process
 * in another one and passes on signals. Resolves to its exit code; null where this process itself is to run it.
 */
export async function relay(): Promise<number | null> {
  const { execArgv, env, argv } = process;
  const heapBytes = getHeapStatistics().heap_size_limit;
  const flags = missingFlags(machineLimits(), heapBytes, [...execArgv, env['NODE_OPTIONS'] ?? '']);
  if (flags.length > 0) return runAgain([...flags, ...execArgv, ...argv.slice(1)]);
  endWithParent();
  return null;
}

/** Flags of Node that these limits demand and that were not given. `heapBytes`: the size that V8 allows its heap. */
export function missingFlags(
  { memoryBytes, addressSpaceBytes }: Pick<MachineLimits, 'memoryBytes' | 'addressSpaceBytes'>,
  heapBytes: number,
  given: readonly string[],
): string[] {
  const isGiven = (name: string): boolean =>
    given.some((text) => text.replaceAll('_', '-').includes(`--${name}`));
  return [
    // Otherwise V8 reserves ten gigabytes of address space for each WebAssembly memory, such as that of undici's parser,
    // and then all that it may grow to, or as much of that as there is.
    ...(addressSpaceBytes < Number.POSITIVE_INFINITY && !isGiven('disable-wasm-trap-handler')
      ? ['--disable-wasm-trap-handler', '--wasm-max-mem-pages=2048']
      : []),
    // Node reads the limit of its own control group, but not those of the groups around it.
    ...(heapBytes > memoryBytes && !isGiven('max-old-space-size')
      ? [`--max-old-space-size=${Math.max(64, Math.floor(memoryBytes / 2 / MIB))}`]
      : []),
  ];
}

/** Runs Node with these arguments in place of this process. */
function runAgain(args: readonly string[]): Promise<number> {
  // The channel tells the other process when this one is gone.
  const child = spawn(process.execPath, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      ...(machineLimits().addressSpaceBytes < Number.POSITIVE_INFINITY ? FEW_ARENAS : {}),
      ...process.env,
    },
  });
  const forward = (signal: NodeJS.Signals): void => {
    // A terminal sends its interrupts to both processes.
    if (signal !== 'SIGINT' || !isInForeground()) child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve) => {
    child.once('error', ({ message }) => {
      process.stderr.write(`laion-fetch: Cannot start Node again within this machine's limits: ${message}\n`);
      resolve(EXIT.environment);
    });
    child.once('exit', (code, signal) => {
      for (const each of SIGNALS) process.off(each, forward);
      if (signal !== null) process.kill(process.pid, signal);
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
    });
  });
}

/** Ends a relayed command, like a SIGTERM, when the process that relays it was killed. */
function endWithParent(): void {
  if (process.channel === undefined || !process.execArgv.some((flag) => RELAYED.test(flag))) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
