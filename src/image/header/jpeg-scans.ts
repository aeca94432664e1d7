import { findScan } from './read-header.ts';

const SCAN = Buffer.of(0xff, 0xda);

/**
 * Whether a JPEG has more than `most` scans. It reads markers only, as libjpeg finds them: entropy code ends at the
 * next marker that is not a restart, and bytes behind the end marker do not count.
 */
export function hasMoreScans({ buffer, byteOffset, byteLength }: Uint8Array, most: number): boolean {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return mayHaveMore(bytes, most) && countScans(bytes, most + 1) > most;
}

/** A quick first look, which may count bytes of other segments as well. */
function mayHaveMore(bytes: Buffer, most: number): boolean {
  let count = 0;
  for (let at = bytes.indexOf(SCAN); at !== -1; at = bytes.indexOf(SCAN, at + 2)) {
    count += 1;
    if (count > most) return true;
  }
  return false;
}

/** The number of scans; counting stops at `most`. */
function countScans(bytes: Buffer, most: number): number {
  let count = 0;
  // `findScan` returns the offset behind the marker.
  for (let at = bytes.indexOf(0xff, findScan(bytes) - 2); at !== -1 && count < most; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xd9) break;
    if (marker === 0xda) count += 1;
    const isInEntropyCode = marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
    if (marker === 0xff) at += 1;
    else if (isInEntropyCode || at + 4 > bytes.length) at += 2;
    else at += 2 + bytes.readUInt16BE(at + 2);
    at = bytes.indexOf(0xff, at);
  }
  return count;
}
