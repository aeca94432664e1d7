import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The process that writes to a folder, according to its lock. */
export function engineOf(output: string): number {
  const holder = JSON.parse(readFileSync(join(output, '.laion-fetch.lock'), 'utf8')) as {
    readonly pid: number;
  };
  return holder.pid;
}

/** The decoders of an engine that are running: those of its children that run the worker. */
export function decodersOf(engine: number): number[] {
  const children = readFileSync(`/proc/${engine}/task/${engine}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number).filter(isDecoder);
}

/** Stops a decoder of the engine, as a signal from outside does; false if there is none yet. */
export function stopDecoder(output: string): boolean {
  try {
    const [decoder] = decodersOf(engineOf(output));
    return decoder !== undefined && process.kill(decoder, 'SIGSTOP');
  } catch {
    return false;
  }
}

function isDecoder(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker');
  } catch {
    return false;
  }
}
