import fc from 'fast-check';

/** An image with one byte changed, removed or inserted, or cut off. */
export const damaged = (whole: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .record({
      at: fc.integer({ min: 2, max: whole.length - 1 }),
      byte: fc.integer({ min: 0, max: 255 }),
      kind: fc.constantFrom('changed', 'cut', 'left out', 'put in'),
    })
    .map(({ at, byte, kind }) => {
      const [head, tail] = [whole.subarray(0, at), whole.subarray(at)];
      const parts = {
        changed: [head, Buffer.of(byte), tail.subarray(1)],
        cut: [head],
        'left out': [head, tail.subarray(1)],
        'put in': [head, Buffer.of(byte), tail],
      };
      return Buffer.concat(parts[kind]);
    });
