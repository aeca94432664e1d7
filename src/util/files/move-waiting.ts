import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolders } from './make-folders.ts';
import { syncFolder } from './sync-folder.ts';

/** Path in a folder without sub-folders at which a file waits until it gets its name, such as `00042.tar` or `a/b.parquet`. */
export const waitingPath = (folder: string, name: string): string => join(folder, name.replaceAll('/', '!'));

/**
 * Gives a file or folder that waits in `from` its name in `to`. What happens in a sub-folder is durable then; the caller
 * makes `to` durable. Throws the system's error, ENOENT if nothing waits.
 */
export async function moveWaiting(name: string, from: string, to: string): Promise<void> {
  const target = join(to, name);
  const isInside = name.includes('/');
  if (isInside) await makeFolders(dirname(target));
  await rename(waitingPath(from, name), target);
  if (isInside) await syncFolder(dirname(target));
}
