/** Maximum length of a URL in bytes of UTF-8. Browsers and servers have limits near it. */
export const MAX_URL_BYTES = 8 * 1024;

/** Maximum length of a caption in bytes of UTF-8. */
export const MAX_CAPTION_BYTES = 64 * 1024;

/** Whether a text is longer than `maxBytes` in UTF-8. */
export function isLonger(text: string, maxBytes: number): boolean {
  return text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes);
}

/** The longest prefix of a text that fits `maxBytes` of UTF-8 without cutting a character. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (!isLonger(text, maxBytes)) return text;
  const { read } = new TextEncoder().encodeInto(text.slice(0, maxBytes), new Uint8Array(maxBytes));
  return text.slice(0, read);
}
