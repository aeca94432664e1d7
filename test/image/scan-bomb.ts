const MARKER = {
  start: 0xd8,
  end: 0xd9,
  quantisation: 0xdb,
  frame: 0xc2,
  huffman: 0xc4,
  scan: 0xda,
} as const;
const COMPONENTS = [1, 2, 3] as const;
/** Bits of a coefficient, each of which may be a scan of its own. */
const BITS = 14;

/**
 * A legal progressive JPEG with as many scans as there can be, 2,660: each bit of each coefficient of each component has
 * its own. Every block of every scan takes a bit, so 1024 pixels a side make 5.5 MB.
 *
 * @param side pixels of both sides, a multiple of 32
 * @param most leaves out the scans behind this number
 * @param isDecodable false leaves out the Huffman tables, without which no scan can be read
 */
export function scanBomb(side: number, most = Number.POSITIVE_INFINITY, isDecodable = true): Buffer {
  const bytes = (side / 8) ** 2 / 8;
  const parts: Buffer[] = [];
  for (let low = BITS - 1; low >= 0; low--) {
    const high = low === BITS - 1 ? 0 : low + 1;
    parts.push(scan(COMPONENTS, 0, high, low), Buffer.alloc(3 * bytes));
    for (const component of COMPONENTS) {
      for (let coefficient = 1; coefficient < 64; coefficient++)
        parts.push(scan([component], coefficient, high, low), Buffer.alloc(bytes));
    }
  }
  const size = [side >> 8, side & 255];
  const frame = segment(MARKER.frame, 8, ...size, ...size, 3, ...COMPONENTS.flatMap((id) => [id, 0x11, 0]));
  return Buffer.concat([
    Buffer.of(0xff, MARKER.start),
    segment(MARKER.quantisation, 0, ...Array<number>(64).fill(1)),
    frame,
    ...(isDecodable ? [table(0x00), table(0x10)] : []),
    ...parts.slice(0, 2 * most),
    Buffer.of(0xff, MARKER.end),
  ]);
}

function scan(components: readonly number[], coefficient: number, high: number, low: number): Buffer {
  const selected = components.flatMap((id) => [id, 0]);
  const part = [coefficient, coefficient, (high << 4) | low];
  return segment(MARKER.scan, components.length, ...selected, ...part);
}

/** A Huffman table with one code, a zero: no difference of DC, or the end of an AC block. */
function table(slot: number): Buffer {
  return segment(MARKER.huffman, slot, 1, ...Array<number>(15).fill(0), 0);
}

function segment(marker: number, ...payload: readonly number[]): Buffer {
  const length = payload.length + 2;
  return Buffer.of(0xff, marker, length >> 8, length & 255, ...payload);
}
