const ORIENTATION = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;

/**
 * The orientation, 1 to 8, that an EXIF block states in its first directory. 1 if it states none; null if the block is
 * damaged or ambiguous.
 *
 * @param block the TIFF structure with `Exif\0\0` before it
 */
export function readOrientation(block: Uint8Array): number | null {
  const view = new DataView(block.buffer, block.byteOffset + 6, block.byteLength - 6);
  if (view.byteLength < 8) return null;
  const isLittle = view.getUint16(0) === 0x4949;
  if (!isLittle && view.getUint16(0) !== 0x4d4d) return null;
  if (view.getUint16(2, isLittle) !== 42) return null;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > view.byteLength) return null;
  const end = directory + 2 + ENTRY_BYTES * view.getUint16(directory, isLittle);
  if (end > view.byteLength) return null;
  let orientation: number | null = null;
  for (let entry = directory + 2; entry < end; entry += ENTRY_BYTES) {
    if (view.getUint16(entry, isLittle) !== ORIENTATION) continue;
    const isPlain =
      view.getUint16(entry + 2, isLittle) === SHORT && view.getUint32(entry + 4, isLittle) === 1;
    const value = view.getUint16(entry + 8, isLittle);
    if (orientation !== null || !isPlain || value < 1 || value > 8) return null;
    orientation = value;
  }
  return orientation ?? 1;
}
