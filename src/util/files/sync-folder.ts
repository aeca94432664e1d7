import { open } from 'node:fs/promises';

/** Makes changes to the names in a folder (new, renamed, removed) survive a crash of the machine. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
