import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rewriteShardFiles } from '../../src/output/loader-files/rewrite-shard-files.ts';
import type { ShardStats } from '../../src/output/metadata/stats.ts';
import { openStore } from '../../src/output/store/open-store.ts';

/** Recomputes the recorded digests of a shard's files and its indexes, as if the current files were the original ones. */
export async function reseal(folder: string, shard: string): Promise<void> {
  const path = join(folder, `${shard}_stats.json`);
  const stats: ShardStats = JSON.parse(await readFile(path, 'utf8'));
  const files: Record<string, object> = {};
  for (const name of Object.keys(stats.files ?? {})) {
    const content = await readFile(join(folder, name));
    files[name] = { bytes: content.length, sha256: sha256(content) };
  }
  await writeFile(path, JSON.stringify({ ...stats, files }, null, 4));
  await resealChecksums(folder, shard);
  if ([`${shard}.idx`, `${shard}/metadata.jsonl`].some((name) => existsSync(join(folder, name))))
    await rewriteShardFiles(openStore(folder), shard);
}

/** The same for the checksum file alone. */
export async function resealChecksums(folder: string, shard: string): Promise<void> {
  const path = join(folder, `${shard}.sha256`);
  const names = (await readFile(path, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice(66));
  const lines = names
    .filter((name) => existsSync(join(folder, name)))
    .map((name) => `${sha256(readFileSync(join(folder, name)))}  ${name}\n`);
  await writeFile(path, lines.join(''));
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
