import { constants, open } from 'node:fs/promises';
import { readExactly } from './read-exactly.ts';

/**
 * Adds whole lines to the end of a file, which is created if it is missing. Resolves when they are durable. A crash may
 * tear the last line; a torn line stays one of its own, and is for the reader to skip. Does not follow a link.
 */
export async function appendLines(path: string, lines: string): Promise<void> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_RDWR } = constants;
  const file = await open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    const last = size === 0 ? null : await readExactly(file, size - 1, 1);
    const isTorn = last !== null && last[0] !== 0x0a;
    await file.appendFile(isTorn ? `\n${lines}` : lines);
    await file.sync();
  } finally {
    await file.close();
  }
}
