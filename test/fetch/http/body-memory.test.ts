import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyMemory, IncomingBody } from '../../../src/fetch/http/body-memory.ts';

/** The pieces of a body, and the length that its server announces: the right one, none, or any other. */
const bodies = fc.array(
  fc.record({
    pieces: fc.array(fc.uint8Array({ maxLength: 40_000, size: 'max' }), { maxLength: 8 }),
    announces: fc.constantFrom('length', 'nothing', 'more', 'less'),
  }),
  { maxLength: 6 },
);

describe('IncomingBody', () => {
  it('returns every body as it arrived, while others come and go', () => {
    fc.assert(
      fc.property(bodies, (each) => {
        const memory = new BodyMemory();
        const open = each.map(({ pieces, announces }) => {
          const whole = Buffer.concat(pieces);
          const announced = { length: whole.length, nothing: Number.NaN, more: 1e9, less: 1 }[announces];
          return { incoming: new IncomingBody(memory), pieces: [...pieces], whole, announced };
        });
        for (let turn = 0; turn < 8; turn += 1) {
          for (const { incoming, pieces, announced } of open) {
            const piece = pieces.shift();
            if (piece !== undefined) incoming.push(Buffer.from(piece), announced);
          }
          const [finished] = turn % 3 === 2 ? open.splice(0, 1) : [];
          if (finished === undefined) continue;
          for (const piece of finished.pieces) finished.incoming.push(Buffer.from(piece), finished.announced);
          const bytes = finished.incoming.take();
          expect(bytes.equals(finished.whole)).toBe(true);
          memory.giveBack(bytes);
          memory.take(bytes.length).fill(0xee);
        }
        for (const { incoming, pieces, whole, announced } of open) {
          for (const piece of pieces) incoming.push(Buffer.from(piece), announced);
          expect(incoming.take().equals(whole)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('reports how much memory it takes', () => {
    const incoming = new IncomingBody(new BodyMemory());
    const grown = [10_000, 10_000, 60_000].map((bytes) => incoming.push(Buffer.alloc(bytes), Number.NaN));
    expect(grown).toEqual([65_536, 0, 65_536]);
  });

  it('takes little memory for a server that only announces much', () => {
    const incoming = new IncomingBody(new BodyMemory());
    incoming.push(Buffer.from('.'), 40_000_000);
    expect(incoming.take().buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
  });

  it('moves a large body a few times, not once for each piece', () => {
    const rooms = new Set<ArrayBufferLike>();
    const memory = new BodyMemory();
    const incoming = new IncomingBody({
      take: (bytes: number) => {
        const room = memory.take(bytes);
        rooms.add(room.buffer);
        return room;
      },
      giveBack: () => {},
    } as unknown as BodyMemory);
    const piece = Buffer.alloc(10_000, 1);
    for (let i = 0; i < 1000; i += 1) incoming.push(piece, Number.NaN);
    expect(incoming.take().length).toBe(10_000_000);
    expect(rooms.size).toBeLessThan(10);
  });
});

describe('BodyMemory', () => {
  it('is reused for bodies of about the same size', () => {
    const memory = new BodyMemory();
    const first = memory.take(50_000);
    memory.giveBack(first.subarray(0, 10));
    expect(memory.take(40_000).buffer).toBe(first.buffer);
  });

  it('never lends a block twice, whatever is given back', () => {
    const memory = new BodyMemory();
    const room = memory.take(50_000);
    memory.giveBack(room);
    memory.giveBack(room);
    memory.giveBack(Buffer.alloc(65_536));
    expect(new Set([room, memory.take(50_000), memory.take(50_000)].map(({ buffer }) => buffer)).size).toBe(
      2,
    );
  });

  it('keeps at most 32 MiB unused', () => {
    const memory = new BodyMemory();
    const rooms = Array.from({ length: 40 }, () => memory.take(2 ** 20));
    for (const room of rooms) memory.giveBack(room);
    const known = new Set(rooms.map(({ buffer }) => buffer));
    const again = Array.from({ length: 40 }, () => memory.take(2 ** 20));
    expect(again.filter(({ buffer }) => known.has(buffer)).length).toBe(32);
  });
});
