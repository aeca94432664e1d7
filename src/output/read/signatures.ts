/** Bytes of a head that `hasSignature` looks at. */
export const SIGNATURE_BYTES = 16;

/** Where and what the bytes are that begin an image of each extension. */
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

/** Whether a file that begins with `head` can be the image that its extension names. */
export function hasSignature(head: Uint8Array, extension: string): boolean {
  const text = Buffer.from(head).toString('latin1');
  return SIGNATURES[extension]?.every(({ at, bytes }) => text.startsWith(bytes, at)) ?? false;
}
