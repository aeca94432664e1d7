import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The process that writes to a folder, according to its lock. */
export async function engineOf(output: string): Promise<number> {
  const holder = JSON.parse(await readFile(join(output, '.laion-fetch.lock'), 'utf8')) as {
    readonly pid: number;
  };
  return holder.pid;
}

/** The decoders of an engine that are running: those of its children that run the worker. */
export async function decodersOf(engine: number): Promise<number[]> {
  const children = await readFile(`/proc/${engine}/task/${engine}/children`, 'utf8');
  const found: number[] = [];
  for (const pid of children.split(' ').filter(Boolean).map(Number)) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes('worker')) found.push(pid);
  }
  return found;
}
