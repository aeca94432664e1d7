import { lstat } from 'node:fs/promises';
import { hasErrno } from './errno.ts';

/** Whether there is a file, folder or link at a path; a link need not lead anywhere. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
