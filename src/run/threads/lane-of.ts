import type { HostKey } from '../../core/samples.ts';

/** The lane that a host belongs to, 0 to `lanes` - 1. A 32-bit FNV-1a hash, the same on every machine. */
export function laneOf(host: HostKey, lanes: number): number {
  let h = 0x811c9dc5;
  for (let position = 0; position < host.length; position += 1) {
    h = Math.imul(h ^ host.charCodeAt(position), 0x01000193);
  }
  // The low bits of FNV depend only on the low bits of the text.
  return ((h ^ (h >>> 16)) >>> 0) % lanes;
}
