import { getHeapStatistics } from 'node:v8';
import type { WorkerOptions } from 'node:worker_threads';
import { machineLimits } from '../../util/machine/machine-limits.ts';

const MIB = 2 ** 20;

/**
 * Options of every thread. Its heap may take a quarter of the memory: beyond that the thread ends, not the process. It
 * inherits the flags of this process, but for one: a program given to `node -e` may need `--input-type`, which Node
 * refuses for a thread, whose program is a file. Node also refuses flags of the whole process if it is given any.
 */
export function threadOptions(): WorkerOptions {
  const heapBytes = Math.min(getHeapStatistics().heap_size_limit, machineLimits().memoryBytes / 4);
  const flags = process.execArgv;
  const isInline = flags.some((flag) => flag.startsWith('--input-type'));
  return {
    ...(isInline
      ? { execArgv: flags.filter((flag) => !/^--(?:input-type|max-|disable-wasm-|wasm-)/.test(flag)) }
      : {}),
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(heapBytes / MIB) },
  };
}
