import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../util/files/read-exactly.ts';

/** A range of bytes in a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Up to this gap between two ranges, one read that includes the gap is faster than two reads. */
const MAX_GAP_BYTES = 16 * 1024;

/**
 * The bytes of all ranges, in the order of `ranges`. Ranges that are close to each other are read together and share
 * memory. Null for a range that extends beyond the end of the file.
 */
export async function readRanges(file: FileHandle, ranges: readonly ByteRange[]): Promise<(Buffer | null)[]> {
  const found = new Map<ByteRange, Buffer | null>();
  const groups = groupsOf(ranges).map(async (group) => {
    const { offset, length } = spanOf(group);
    const bytes = await readUpTo(file, offset, length);
    for (const range of group) {
      const start = range.offset - offset;
      const end = start + range.length;
      found.set(range, end <= bytes.length ? bytes.subarray(start, end) : null);
    }
  });
  await Promise.all(groups);
  return ranges.map((range) => found.get(range) ?? null);
}

/** Groups of ranges that are read together, in the order of the file. */
function groupsOf(ranges: readonly ByteRange[]): ByteRange[][] {
  const groups: ByteRange[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const range of [...ranges].sort((a, b) => a.offset - b.offset)) {
    if (range.offset - end <= MAX_GAP_BYTES) groups.at(-1)?.push(range);
    else groups.push([range]);
    end = Math.max(end, range.offset + range.length);
  }
  return groups;
}

function spanOf(group: readonly ByteRange[]): ByteRange {
  const offset = Math.min(...group.map((range) => range.offset));
  return { offset, length: Math.max(...group.map((range) => range.offset + range.length)) - offset };
}
