import { brotliDecompressSync } from 'node:zlib';

/** A box of JUMBF with a label: the content boxes in it, by their types. */
export interface LabelledBox {
  readonly label: string;
  readonly contents: readonly { readonly type: string; readonly data: Buffer }[];
}

const MAX_BOXES = 5_000;
const MAX_DEPTH = 8;
const MAX_INFLATED_BYTES = 16 * 2 ** 20;
const UUID_BYTES = 16;
const HAS_LABEL = 0x02;
const MAX_LABEL_BYTES = 256;

/**
 * All labelled boxes of a C2PA store, those in others, too; compressed manifests are inflated once. `isDamaged`: a box
 * reaches over the end of that around it, or there are too many, or too deep ones.
 */
export function labelledBoxes(bytes: Buffer): { readonly boxes: LabelledBox[]; readonly isDamaged: boolean } {
  const walk = new BoxWalk();
  walk.read(bytes, 0);
  return { boxes: walk.found, isDamaged: walk.isDamaged };
}

class BoxWalk {
  readonly found: LabelledBox[] = [];
  isDamaged = false;
  #boxes = 0;
  #inflated = 0;

  read(bytes: Buffer, depth: number): void {
    let label = '';
    const contents: { type: string; data: Buffer }[] = [];
    for (let at = 0; at + 8 <= bytes.length; ) {
      this.#boxes += 1;
      const small = bytes.readUInt32BE(at);
      const isLarge = small === 1 && at + 16 <= bytes.length;
      const header = isLarge ? 16 : 8;
      const size = isLarge ? Number(bytes.readBigUInt64BE(at + 8)) : small;
      const length = size === 0 ? bytes.length - at : size;
      if (length < header || this.#boxes > MAX_BOXES || depth > MAX_DEPTH) {
        this.isDamaged = true;
        break;
      }
      if (at + length > bytes.length) this.isDamaged = true;
      const type = bytes.toString('latin1', at + 4, at + 8);
      const data = bytes.subarray(at + header, at + length);
      if (type === 'jumb') this.read(data, depth + 1);
      else if (type === 'jumd') label = labelOf(data);
      else if (type === 'brob') this.#readCompressed(data, depth);
      else contents.push({ type, data });
      at += length;
    }
    if (label !== '') this.found.push({ label, contents });
  }

  /** The type of what is compressed stands before it. */
  #readCompressed(data: Buffer, depth: number): void {
    const room = MAX_INFLATED_BYTES - this.#inflated;
    try {
      const inflated = brotliDecompressSync(data.subarray(4), { maxOutputLength: Math.max(1, room) });
      this.#inflated += inflated.length;
      this.read(inflated, depth + 1);
    } catch {
      this.isDamaged = true;
    }
  }
}

function labelOf(description: Buffer): string {
  const toggles = description[UUID_BYTES] ?? 0;
  if ((toggles & HAS_LABEL) === 0) return '';
  const from = UUID_BYTES + 1;
  const end = description.indexOf(0, from);
  return description.toString(
    'utf8',
    from,
    Math.min(end === -1 ? description.length : end, from + MAX_LABEL_BYTES),
  );
}
