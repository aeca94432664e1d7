import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameAssembler } from '../../../src/image/workers/frames.ts';

const frameArbitrary = fc.record({
  facts: fc.record({ text: fc.string({ unit: 'binary' }), none: fc.constant(null) }),
  bytes: fc.uint8Array({ maxLength: 50 }),
});

describe('FrameAssembler', () => {
  it('returns every frame, however the pipe splits them', () => {
    fc.assert(
      fc.property(fc.array(frameArbitrary), fc.array(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
        const stream = Buffer.concat(frames.flatMap(({ facts, bytes }) => [...encodeFrame(facts, bytes)]));
        const assembler = new FrameAssembler(10_000);
        const found = [];
        let at = 0;
        for (let turn = 0; at < stream.length; turn += 1) {
          const end = at + (cuts[turn % Math.max(1, cuts.length)] ?? stream.length);
          found.push(...assembler.push(Buffer.from(stream.subarray(at, end))));
          at = end;
        }
        expect(found.map(({ facts, bytes }) => ({ facts, bytes: new Uint8Array(bytes) }))).toEqual(frames);
      }),
    );
  });

  it('refuses a frame whose head announces too many bytes, and facts that are not JSON', () => {
    const [head] = encodeFrame({}, new Uint8Array(1000));
    expect(() => new FrameAssembler(500).push(head)).toThrow('too long');
    const bent = Buffer.from(head);
    bent.write('?', 8);
    bent.writeUInt32LE(0, 4);
    expect(() => new FrameAssembler(500).push(bent)).toThrow(SyntaxError);
  });
});
