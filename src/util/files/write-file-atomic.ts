import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a small file so that a reader, or a crash, meets the old content or the new, never a part. */
export async function writeFileAtomic(path: string, text: string): Promise<void> {
  const beside = `${path}.tmp`;
  // What a crash left there, or a link that would lead elsewhere, is not written to.
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
