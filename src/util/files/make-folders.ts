import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrno } from './errno.ts';

/**
 * Creates a folder and those above it that are missing. Node's recursive `mkdir` never returns where a file system
 * answers ENOENT to a folder in a folder that exists, as `/proc` does and a mount that fails; this one tries each folder
 * at most twice.
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
    // Some file systems refuse what exists already with EROFS or EACCES.
    const found = hasErrno(error, 'ENOENT') ? null : await stat(path).catch(() => null);
    if (found?.isDirectory() !== true) throw error;
  }
}
