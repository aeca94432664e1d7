import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const AVIF = fileURLToPath(new URL('../../../fixtures/images/still.avif', import.meta.url));

/** A GIF of `pages` frames of one pixel, 15 bytes each. */
export function gifOfPages(pages: number): Buffer {
  const screen = Buffer.from('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  const frame = Buffer.from(',\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0', 'latin1');
  return Buffer.concat([screen, ...Array.from({ length: pages }, () => frame), Buffer.from(';')]);
}

/** A small AVIF whose header claims this size. */
export function avifThatClaims(width: number, height: number): Buffer {
  const bytes = readFileSync(AVIF);
  const box = bytes.indexOf('ispe');
  bytes.writeUInt32BE(width, box + 8);
  bytes.writeUInt32BE(height, box + 12);
  return bytes;
}
