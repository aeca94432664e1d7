/** Numbers from 0 up to 1, the same for the same seed: a Weyl sequence whose terms are mixed one by one. */
export function randomNumbers(seed: number): () => number {
  let step = 0;
  return () => fraction(seed, step++);
}

/** The number, 0 up to 1, at one position of a seed's sequence, computed without those before it. */
export function fraction(seed: number, place: number): number {
  let mixed = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca77);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

/** A normal deviate from two numbers from 0 up to 1 (Box and Muller). */
export function normal(first: number, second: number): number {
  return Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second);
}

/** Shuffles the items in place. */
export function shuffle(items: Uint32Array, next: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    const item = items[last] ?? 0;
    items[last] = items[other] ?? 0;
    items[other] = item;
  }
}
