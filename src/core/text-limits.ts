/** Longest URL that a row may have, in bytes of UTF-8; browsers and servers stop near it. */
export const MAX_URL_BYTES = 8 * 1024;

/** Longest caption that a row may have, in bytes of UTF-8. */
export const MAX_CAPTION_BYTES = 64 * 1024;

/** Whether a text takes more bytes of UTF-8. */
export function isLonger(text: string, maxBytes: number): boolean {
  return text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes);
}

/** The longest beginning of a text that takes no more bytes of UTF-8, in whole characters. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (!isLonger(text, maxBytes)) return text;
  const { read } = new TextEncoder().encodeInto(text.slice(0, maxBytes), new Uint8Array(maxBytes));
  return text.slice(0, read);
}
