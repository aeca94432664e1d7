import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a small file atomically: readers, also after a crash, see the old content or the new, never a part. */
export async function writeFileAtomic(path: string, text: string): Promise<void> {
  const beside = `${path}.tmp`;
  // Never write into a file left by a crash or through a link that leads elsewhere.
  await rm(beside, { force: true });
  const handle = await open(beside, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, path);
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}
