import { inflateSync } from 'node:zlib';
import type { Kernel } from './kernel-module.ts';
import type { PngHeader } from './png-header.ts';

/**
 * Larger images go to the fallback, which never holds all of their rows. The codec holds the rows twice, once in memory
 * that only the garbage collector frees, and as many samples.
 */
export const MAX_PNG_PIXELS = 2e6;

/**
 * Decodes an image to planes in the kernel's memory; false if anything about it is damaged.
 *
 * @param asRgb whether the planes of a colour image are red, green and blue instead of luma and chroma
 */
export function decodePng(kernel: Kernel, header: PngHeader, asRgb: boolean): boolean {
  const { width, height, components, palette } = header;
  if (width * height > MAX_PNG_PIXELS) return false;
  const channels = palette === null ? components.length : 1;
  const rows = inflate(header.data, height * (1 + width * channels));
  if (rows === null) return false;
  kernel.reset();
  kernel.setFrame(width, height, components.length, 0, 0);
  for (const index of components.keys()) kernel.setComponent(index, 1, 1, 0);
  kernel.allocateFrame(0);
  const place = (bytes: Uint8Array): number => {
    const at = kernel.allocate(bytes.length);
    new Uint8Array(kernel.memory.buffer, at).set(bytes);
    return at;
  };
  const colours = palette === null ? 0 : palette.length / 3;
  const paletteAt = palette === null ? 0 : place(inFours(palette));
  return kernel.decodePng(place(rows), width, height, channels, paletteAt, colours, asRgb ? 1 : 0) !== 0;
}

/** All rows, each after the number of its filter; null if they are not exactly `bytes` bytes. */
function inflate(data: readonly Uint8Array[], bytes: number): Uint8Array | null {
  const [only] = data;
  const whole = data.length === 1 && only !== undefined ? only : Buffer.concat(data);
  try {
    // Room for one byte more than expected, to detect surplus bytes.
    const rows = inflateSync(whole, { chunkSize: Math.max(64, bytes + 1), maxOutputLength: bytes + 1 });
    return rows.length === bytes ? rows : null;
  } catch {
    return null;
  }
}

/** The palette with four bytes a colour; the last one is unused. */
function inFours(palette: Uint8Array): Uint8Array {
  const fours = new Uint8Array((palette.length / 3) * 4);
  for (let from = 0, to = 0; from < palette.length; from += 3, to += 4)
    fours.set(palette.subarray(from, from + 3), to);
  return fours;
}
