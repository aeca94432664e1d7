import { inflateSync } from 'node:zlib';
import type { Kernel } from './kernel-module.ts';
import type { PngHeader } from './png-header.ts';

/**
 * Larger pictures are left to sharp, which never holds all of their rows; here they are held twice, once in what only
 * the garbage collector gives back, and as many samples.
 */
export const MAX_PNG_PIXELS = 2e6;

/** Decodes a picture to planes in the kernel's memory; false where there is anything wrong about it. */
export function decodePng(kernel: Kernel, header: PngHeader): boolean {
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
  return kernel.decodePng(place(rows), width, height, channels, paletteAt, colours) !== 0;
}

/** All rows, each behind the number of its filter; null where they are not exactly so many bytes. */
function inflate(data: readonly Uint8Array[], bytes: number): Uint8Array | null {
  const [only] = data;
  const whole = data.length === 1 && only !== undefined ? only : Buffer.concat(data);
  try {
    // One byte more than is expected, so that it shows where there are more.
    const rows = inflateSync(whole, { chunkSize: Math.max(64, bytes + 1), maxOutputLength: bytes + 1 });
    return rows.length === bytes ? rows : null;
  } catch {
    return null;
  }
}

/** A palette of four bytes a colour, of which the last says nothing. */
function inFours(palette: Uint8Array): Uint8Array {
  const fours = new Uint8Array((palette.length / 3) * 4);
  for (let from = 0, to = 0; from < palette.length; from += 3, to += 4)
    fours.set(palette.subarray(from, from + 3), to);
  return fours;
}
