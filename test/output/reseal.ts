import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShardStats } from '../../src/output/stats.ts';

/** Writes the digests of a shard's files anew, as if what stands there now had been written at first. */
export async function reseal(folder: string, shard: string): Promise<void> {
  const path = join(folder, `${shard}_stats.json`);
  const stats: ShardStats = JSON.parse(await readFile(path, 'utf8'));
  const files: Record<string, object> = {};
  for (const name of Object.keys(stats.files ?? {})) {
    const content = await readFile(join(folder, name));
    files[name] = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }
  await writeFile(path, JSON.stringify({ ...stats, files }, null, 4));
}
