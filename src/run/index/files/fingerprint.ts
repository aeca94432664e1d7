import { createHash } from 'node:crypto';
import type { IndexSource } from '../../../inputs/file/index-file.ts';
import { openSourceFile } from '../../../inputs/file/source-file.ts';

const SAMPLED_BYTES = 1024 * 1024;

export interface FileIdentity {
  /** Null for standard input. */
  readonly bytes: number | null;
  readonly fingerprint: string | null;
}

/** Identifies a file of the index: by what its store says of its version, or else by a part of its content. */
export async function fingerprintSource({ path, bytes, remote }: IndexSource): Promise<FileIdentity> {
  if (path === null) return { bytes: null, fingerprint: null };
  if (remote === undefined) return fingerprintFile({ path });
  if (remote.version !== null) return { bytes, fingerprint: remote.version };
  const parts = await remote.open();
  try {
    return await fingerprintFile({ path: parts.path, parts });
  } finally {
    await parts.close();
  }
}

/**
 * Identifies a file without reading all of it: hexadecimal sha256 of its size, its first MiB and its last MiB. The last
 * MiB holds a Parquet file's footer, with the sizes and statistics of every column.
 */
async function fingerprintFile(
  source: Pick<IndexSource, 'path' | 'parts'>,
): Promise<{ readonly bytes: number; readonly fingerprint: string }> {
  const handle = await openSourceFile(source);
  try {
    const { size } = await handle.stat();
    const hash = createHash('sha256').update(`${size}\n`);
    const piece = Buffer.alloc(Math.min(SAMPLED_BYTES, size));
    for (const position of [0, Math.max(0, size - SAMPLED_BYTES)]) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, position);
      hash.update(piece.subarray(0, bytesRead));
    }
    return { bytes: size, fingerprint: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}
