import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno } from './errno.ts';

/**
 * Creates a folder and its missing parents. Node's recursive `mkdir` never returns if a file system answers ENOENT for
 * a folder whose parent exists, as `/proc` and failing mounts do; this function tries each folder at most twice.
 * @throws the system's error, whose `path` is the folder that could not be made: EEXIST for a file or for a symbolic
 * link that leads nowhere
 */
export async function makeFolders(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (!hasErrno(error, 'ENOENT') || above === path) throw error;
    await makeFolders(above);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    // For a folder that already exists, some file systems answer EROFS or EACCES.
    const found = hasErrno(error, 'ENOENT') ? null : await stat(path).catch(() => null);
    if (found?.isDirectory() !== true) throw error;
  }
}
