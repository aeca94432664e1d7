/** First bytes of a file that `hasSignature` needs. */
export const SIGNATURE_BYTES = 16;

/** The bytes that identify an image of each extension, and their positions. */
const SIGNATURES: Readonly<Record<string, readonly { readonly at: number; readonly bytes: string }[]>> = {
  jpg: [{ at: 0, bytes: '\xff\xd8\xff' }],
  png: [{ at: 0, bytes: '\x89PNG\r\n\x1a\n' }],
  webp: [
    { at: 0, bytes: 'RIFF' },
    { at: 8, bytes: 'WEBP' },
  ],
  gif: [{ at: 0, bytes: 'GIF8' }],
  avif: [{ at: 4, bytes: 'ftypavi' }],
};

export function isImageExtension(extension: string): boolean {
  return Object.hasOwn(SIGNATURES, extension);
}

/** The extension of an image that begins with `head`; null if it has no known signature. */
export function extensionOf(head: Uint8Array): string | null {
  return Object.keys(SIGNATURES).find((extension) => hasSignature(head, extension)) ?? null;
}

/** Whether a file that begins with `head` can be an image of the format that its extension names. */
export function hasSignature(head: Uint8Array, extension: string): boolean {
  const text = Buffer.from(head.subarray(0, SIGNATURE_BYTES)).toString('latin1');
  return SIGNATURES[extension]?.every(({ at, bytes }) => text.startsWith(bytes, at)) ?? false;
}
