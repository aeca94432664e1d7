type Random = () => number;

const below = (random: Random, limit: number): number => Math.floor(random() * Math.max(1, limit));

/** Ways to damage a file, as the web or an attacker would do it. */
const MUTATIONS: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  // Flips bits anywhere.
  (bytes, random) => {
    for (let flips = 1 + below(random, 16); flips > 0; flips--) {
      const at = below(random, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
    }
    return bytes;
  },
  // Cuts off the end.
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  // Removes a part.
  (bytes, random) => {
    const [from, to] = stretch(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  // Repeats or moves a part.
  (bytes, random) => {
    const [from, to] = stretch(bytes, random);
    const at = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, to), bytes.subarray(at)]);
  },
  // Makes sizes, lengths and flags at the start extreme.
  (bytes, random) => {
    for (let edits = 1 + below(random, 4); edits > 0; edits--) {
      const at = below(random, Math.min(bytes.length, 64));
      bytes.fill(
        [0x00, 0x01, 0x7f, 0x80, 0xff][below(random, 5)] ?? 0,
        at,
        Math.min(bytes.length, at + 1 + below(random, 4)),
      );
    }
    return bytes;
  },
  // Replaces a part with noise.
  (bytes, random) => {
    const [from, to] = stretch(bytes, random);
    for (let at = from; at < to; at++) bytes[at] = below(random, 256);
    return bytes;
  },
];

/** A damaged copy of a file; the same numbers give the same damage. */
export function mutate(file: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(file);
  for (let rounds = 1 + below(random, 3); rounds > 0; rounds--) {
    const mutation = MUTATIONS[below(random, MUTATIONS.length)];
    if (mutation) bytes = mutation(bytes, random);
  }
  return bytes;
}

function stretch(bytes: Buffer, random: Random): [from: number, to: number] {
  const from = below(random, bytes.length);
  return [from, Math.min(bytes.length, from + 1 + below(random, 2000))];
}
