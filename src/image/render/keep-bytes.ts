import type { ResizePlan } from '../../codec/resample/plan.ts';
import type { ImageFormat } from '../../core/image-signature.ts';
import { hasSoundChunks } from '../header/png-chunks.ts';
import { findScan } from '../header/read-header.ts';
import { hasWholeBlocks, hasWholeBoxes } from '../header/whole-files.ts';
import type { ImageSettings } from '../job/settings.ts';
import type { SourceImage } from './source-image.ts';

/** File extension of kept bytes, by format. */
export const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp', gif: 'gif', avif: 'avif' } as const;

const PNG_END_CHUNK = Buffer.from('\0\0\0\0IEND\xaeB`\x82', 'latin1');
const JPEG_END_MARKER = Buffer.of(0xff, 0xd9);

/**
 * Whether the downloaded bytes go into the dataset as they are: because of `original`, or because nothing has to
 * change.
 */
export function keepsBytes(
  image: SourceImage,
  plan: ResizePlan,
  hasBoxes: boolean,
  { encodeFormat, skipReencode }: ImageSettings,
): boolean {
  if (encodeFormat === 'original') return true;
  if (!skipReencode || hasBoxes || plan.scaled !== null) return false;
  const { format, alpha, cmyk, turned } = image;
  return EXTENSIONS[format] === encodeFormat && !alpha && !cmyk && !turned;
}

/** Whether readers that check more than libvips does can open the bytes as they are. */
export function canBeKept(bytes: Uint8Array, { format }: SourceImage): boolean {
  switch (format) {
    case 'png':
      return hasSoundChunks(bytes);
    case 'gif':
      return hasWholeBlocks(bytes);
    case 'avif':
      return hasWholeBoxes(bytes);
    default:
      return true;
  }
}

/**
 * Whether a PNG lacks its last chunk or a JPEG its end marker. libvips does not need the last chunk of a PNG, but most
 * readers of the dataset do. It overlooks the missing end of a JPEG if scaling leaves out the last row.
 */
export function lacksEnd({ buffer, byteOffset, byteLength }: Uint8Array, format: ImageFormat): boolean {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  if (format === 'png') return bytes.lastIndexOf(PNG_END_CHUNK) === -1;
  return format === 'jpeg' && bytes.lastIndexOf(JPEG_END_MARKER) < findScan(bytes);
}
