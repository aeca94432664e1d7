/** The formats that are decoded. No other format ever reaches a decoder. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif';

interface Signature {
  /** Null for every format that is not decoded. */
  readonly format: ImageFormat | null;
  /** Null where the bytes do not show it. */
  readonly mimeType: string | null;
}

const PREFIXES: readonly (readonly [prefix: string, mimeType: string, format?: ImageFormat])[] = [
  ['\xff\xd8\xff', 'image/jpeg', 'jpeg'],
  ['\x89PNG\r\n\x1a\n', 'image/png', 'png'],
  ['GIF87a', 'image/gif', 'gif'],
  ['GIF89a', 'image/gif', 'gif'],
  ['II*\0', 'image/tiff'],
  ['MM\0*', 'image/tiff'],
  ['\0\0\x01\0', 'image/x-icon'],
  ['\xff\x0a', 'image/jxl'],
  ['\0\0\0\x0cJXL ', 'image/jxl'],
  ['\0\0\0\x0cjP  ', 'image/jp2'],
];

/** Detects the format by the first bytes, never by the server's Content-Type. */
export function detectFormat(bytes: Uint8Array): Signature {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString('latin1');
  for (const [prefix, mimeType, format = null] of PREFIXES) {
    if (head.startsWith(prefix)) return { format, mimeType };
  }
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8))
    return { format: 'webp', mimeType: 'image/webp' };
  // Many texts begin with "BM". In a bitmap's header the four reserved bytes are zero.
  if (head.startsWith('BM') && head.startsWith('\0\0\0\0', 6)) return { format: null, mimeType: 'image/bmp' };
  return head.startsWith('ftyp', 4) ? detectBrand(head) : { format: null, mimeType: null };
}

/** Reads the brands of an ISO base media file: AVIF is decoded, HEIC is not, and either may list mif1 first. */
function detectBrand(head: string): Signature {
  const end = Math.min(head.charCodeAt(2) * 256 + head.charCodeAt(3), head.length);
  const brands = [head.slice(8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.slice(at, at + 4));
  if (brands.includes('avif') || brands.includes('avis')) return { format: 'avif', mimeType: 'image/avif' };
  return {
    format: null,
    mimeType: brands.some((brand) => /^(hei|hev|mif1)/.test(brand)) ? 'image/heic' : null,
  };
}
