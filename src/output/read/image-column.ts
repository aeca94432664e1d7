import { extensionOf } from './signatures.ts';

/** Columns and features that hold images: one of an encoder's format, or `image`, whose format the bytes tell. */
const NAMES: ReadonlySet<string> = new Set(['jpg', 'png', 'webp', 'image']);

export const isImageColumn = (name: string): boolean => NAMES.has(name);

/** The content of such a column as a member of a sample. */
export function imageMember(name: string, content: Uint8Array) {
  return { extension: name === 'image' ? (extensionOf(content) ?? 'jpg') : name, content };
}
