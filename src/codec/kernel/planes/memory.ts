/** Loads may read up to this many bytes past the end of their data. */
export const SLACK: usize = 256;

let top: usize = __heap_base;

/** Frees everything that was allocated. */
export function reset(): void {
  top = (__heap_base + 63) & ~63;
}

/** Allocates uninitialised bytes at a multiple of 64. Traps when the memory is full. */
export function allocate(bytes: usize): usize {
  const at = top;
  top = (at + bytes + SLACK + 63) & ~63;
  const missing = <i32>((top + 0xffff) >> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  return at;
}

/** Frees what was allocated since `allocate` returned `at`, and that. */
export function release(at: usize): void {
  top = at;
}
