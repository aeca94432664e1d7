/** Bytes to read of a text, since comments and declarations may precede its first element. */
const READ_BYTES = 4_096;

const LEADING =
  /^(?:\s|<!--[\s\S]*?(?:-->|$)|<\?[\s\S]*?(?:\?>|$)|<!doctype\s+(?!html)[^>[]*(?:\[[^\]]*\]\s*)?>)*/i;
const HTML =
  /^<(?:!doctype\s+html|html|head|body|script|title|style|meta|link|div|table|iframe|h1|p|a|br|font)[\s>/]/i;
const SVG = /^<(?:svg:)?svg[\s>/]/i;
const ELEMENT = /^<[a-z_][\w.:-]*[\s>/]/i;
const JSON_START = /^(?:\{\s*["}]|\[\s*[[{"\d\]-])/;
const SPACING: ReadonlySet<string> = new Set(['\t', '\n', '\v', '\f', '\r', '\x1b']);

/**
 * Names the kind of a text by its first 4 KiB: a page, a drawing, a message of an API. Source: the tables of the
 * WHATWG's MIME Sniffing Standard, and the first element if a comment or declaration precedes it.
 *
 * @returns a media type, or null if the bytes are not text
 */
export function detectText(bytes: Uint8Array): string | null {
  const text = decode(bytes);
  if (text === null) return null;
  const body = text.replace(LEADING, '');
  if (SVG.test(body)) return 'image/svg+xml';
  if (HTML.test(body)) return 'text/html';
  if (/^\s*<\?xml\s/i.test(text) || ELEMENT.test(body)) return 'application/xml';
  if (JSON_START.test(body)) return 'application/json';
  return 'text/plain';
}

/** The beginning of a text in UTF-8 or, with a byte order mark, UTF-16; null for anything else and for no bytes. */
function decode(bytes: Uint8Array): string | null {
  const head = bytes.subarray(0, READ_BYTES);
  if (head.length === 0) return null;
  const wide = head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : 'utf-8';
  const text = new TextDecoder(wide).decode(head);
  const isBinary = text.split('').some((unit) => unit < ' ' && !SPACING.has(unit));
  return isBinary || countReplaced(text) > text.length / 10 ? null : text;
}

// Latin-1 is text, too: only a few of its letters are not UTF-8.
const countReplaced = (text: string): number => text.split('\ufffd').length - 1;
