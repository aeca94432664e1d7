/** Loads go up to this many bytes past the end of what they want. */
export const SLACK: usize = 256;

let top: usize = __heap_base;

/** Forgets everything that was allocated. */
export function reset(): void {
  top = (__heap_base + 63) & ~63;
}

/** Bytes at a multiple of 64, of whatever content; traps where there is no more memory. */
export function allocate(bytes: usize): usize {
  const at = top;
  top = (at + bytes + SLACK + 63) & ~63;
  const missing = <i32>((top + 0xffff) >> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  return at;
}
