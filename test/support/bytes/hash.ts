/** FNV-1a of the text's UTF-16 units, from 0 to 2^32 - 1. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  // FNV alone gives short, similar texts similar high bits; the finaliser of MurmurHash3 spreads them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The text's hash as a fraction from 0 up to but not including 1. */
export const hashFraction = (text: string): number => hash32(text) / 2 ** 32;
