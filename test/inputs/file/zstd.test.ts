import { expect, test } from 'vitest';
import { XxHash64 } from '../../../src/inputs/file/xxhash64.ts';
import { unzstd } from '../../../src/inputs/file/zstd.ts';

/** Texts and the lower 32 bits of their XXH64, as the specification and xxhsum have them. */
const HASHES: readonly (readonly [text: string, low32: number])[] = [
  ['', 0x51d8e999],
  ['a', 0xa98c6e5b],
  ['abc', 0xad770999],
  ['Nobody inspects the spammish repetition', 0x8a378bf1],
];

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** A frame of one uncompressed block. */
function frame(text: string, checksum: number | null): Buffer {
  const head = [...uint32(0xfd2fb528), checksum === null ? 0x20 : 0x24, text.length];
  const block = [(text.length << 3) | 1, text.length >> 5, 0];
  return Buffer.concat([
    Buffer.from([...head, ...block]),
    Buffer.from(text),
    checksum === null ? Buffer.alloc(0) : uint32(checksum),
  ]);
}

const SKIPPABLE = Buffer.concat([uint32(0x184d2a53), uint32(5), Buffer.from('notes')]);
const EMPTY_SKIPPABLE = Buffer.concat([uint32(0x184d2a50), uint32(0)]);

async function inflate(bytes: Buffer, pieceBytes: number): Promise<string> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  let text = '';
  for await (const block of unzstd(pieces())) text += block.toString();
  return text;
}

test.each(HASHES)('hashes %j, in one piece and byte by byte', (text, low32) => {
  const [whole, bytewise] = [new XxHash64(), new XxHash64()];
  whole.update(Buffer.from(text));
  for (const byte of Buffer.from(text)) bytewise.update(Buffer.from([byte]));
  expect([whole.low32(), bytewise.low32()]).toEqual([low32, low32]);
});

test.each([1, 7, 1000])(
  'reads frames with and without checksums, in pieces of %i bytes',
  async (pieceBytes) => {
    const frames = HASHES.flatMap(([text, low32]) => [
      frame(text, low32),
      EMPTY_SKIPPABLE,
      frame(`${text}!`, null),
      SKIPPABLE,
    ]);
    const expected = HASHES.map(([text]) => `${text}${text}!`).join('');
    expect(await inflate(Buffer.concat(frames), pieceBytes)).toBe(expected);
  },
);

test.each([1, 7, 1000])(
  'refuses a wrong checksum in any frame, in pieces of %i bytes',
  async (pieceBytes) => {
    for (const wrong of HASHES.keys()) {
      const frames = HASHES.map(([text, low32], at) => frame(text, at === wrong ? (low32 ^ 1) >>> 0 : low32));
      const read = inflate(Buffer.concat([frame('x', null), ...frames]), pieceBytes);
      await expect(read).rejects.toThrow('the checksum of a frame is wrong');
    }
  },
);
