import type { FileHandle } from 'node:fs/promises';

/** `length` bytes from `position` on, or null if the file ends before that. */
export async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Buffer<ArrayBuffer> | null> {
  const bytes = await readUpTo(file, position, length);
  return bytes.length === length ? bytes : null;
}

/** `length` bytes from `position` on, or fewer if the file ends before that. One system call may return less. */
export async function readUpTo(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}
