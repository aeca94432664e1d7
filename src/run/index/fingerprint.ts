import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const SAMPLED_BYTES = 1024 * 1024;

/**
 * Identifies an index file without reading all of it: hexadecimal sha256 of its size, its first MiB and its last MiB.
 * The last MiB holds a Parquet file's footer, with the sizes and statistics of every column.
 */
export async function fingerprintFile(
  path: string,
): Promise<{ readonly bytes: number; readonly fingerprint: string }> {
  const handle = await open(path, 'r');
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
