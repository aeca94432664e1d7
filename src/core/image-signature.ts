import { detectText } from './text-signature.ts';

/** The formats that are decoded. No other format ever reaches a decoder. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif';

interface Signature {
  /** Null for every format that is not decoded. */
  readonly format: ImageFormat | null;
  /** Null if the bytes do not show it. */
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
  ['8BPS', 'image/vnd.adobe.photoshop'],
  ['%PDF-', 'application/pdf'],
  ['%!PS', 'application/postscript'],
  ['PK\x03\x04', 'application/zip'],
  ['\x1f\x8b', 'application/gzip'],
  ['\x1aE\xdf\xa3', 'video/webm'],
  ['FWS', 'application/x-shockwave-flash'],
  ['CWS', 'application/x-shockwave-flash'],
];

/** Common names for bodies that are not images in a supported format. */
const NAMES: Readonly<Record<string, string>> = {
  'image/tiff': 'a TIFF image',
  'image/x-icon': 'an icon',
  'image/bmp': 'a BMP image',
  'image/heic': 'a HEIC image',
  'image/jxl': 'a JPEG XL image',
  'image/jp2': 'a JPEG 2000 image',
  'image/svg+xml': 'an SVG drawing',
  'image/vnd.adobe.photoshop': 'a Photoshop document',
  'application/pdf': 'a PDF document',
  'application/postscript': 'a PostScript document',
  'application/zip': 'a ZIP archive',
  'application/gzip': 'a gzip file',
  'application/x-shockwave-flash': 'a Flash film',
  'video/mp4': 'a video',
  'video/webm': 'a video',
  'text/html': 'an HTML page',
  'application/xml': 'an XML document',
  'application/json': 'a JSON document',
  'text/plain': 'plain text',
};

/** Names a media type in a message, such as "an HTML page"; null for one that `detectFormat` does not detect. */
export const mediaName = (mimeType: string | null): string | null =>
  mimeType === null ? null : (NAMES[mimeType] ?? null);

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
  if (head.startsWith('ftyp', 4)) return detectBrand(head);
  return { format: null, mimeType: detectText(bytes) };
}

/** Reads the brands of an ISO base media file: AVIF is decoded, HEIC is not, and either may list mif1 first. */
function detectBrand(head: string): Signature {
  const end = Math.min(head.charCodeAt(2) * 256 + head.charCodeAt(3), head.length);
  const brands = [head.slice(8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.slice(at, at + 4));
  if (brands.includes('avif') || brands.includes('avis')) return { format: 'avif', mimeType: 'image/avif' };
  return {
    format: null,
    mimeType: brands.some((brand) => /^(hei|hev|mif1)/.test(brand)) ? 'image/heic' : 'video/mp4',
  };
}
