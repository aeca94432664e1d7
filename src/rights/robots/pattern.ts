/**
 * A pattern of robots.txt or tdmrep.json for the path and query of a URL: `*` stands for any characters, `$` at the end for
 * the end of the path. Anything else is a prefix. Matching takes time linear in both lengths.
 */
export interface PathPattern {
  /** Length of the normal form in bytes: the longest pattern that matches decides. */
  readonly octets: number;
  /** The texts between the stars, in normal form. */
  readonly parts: readonly string[];
  readonly isWhole: boolean;
}

/** `pattern`: one character for each byte, or a path of ASCII characters. */
export function readPattern(pattern: string): PathPattern {
  const normal = normalPath(pattern);
  const isWhole = normal.endsWith('$');
  const parts = (isWhole ? normal.slice(0, -1) : normal).replace(/\*{2,}/g, '*').split('*');
  return { octets: normal.length, parts, isWhole };
}

/** `path`: in normal form. */
export function matches({ parts, isWhole }: PathPattern, path: string): boolean {
  const [first = '', ...others] = parts;
  if (!path.startsWith(first)) return false;
  const last = others.pop();
  let at = first.length;
  if (last === undefined) return !isWhole || at === path.length;
  for (const part of others) {
    const found = indexOf(path, part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  // The leftmost place of every part leaves the most room for the last one.
  if (isWhole) return path.length - last.length >= at && path.endsWith(last);
  return indexOf(path, last, at) !== -1;
}

/**
 * The normal form of a path or a pattern, in which equal paths are equal texts: bytes outside ASCII are percent-encoded,
 * percent-encoded unreserved characters are decoded, other codes are in upper case.
 */
export function normalPath(path: string): string {
  if (!/[%\x80-\xff]/.test(path)) return path;
  return path.replace(/%[0-9a-f]{2}|[\x80-\xff]/gi, (code) => {
    if (code.length === 1) return `%${code.charCodeAt(0).toString(16).toUpperCase()}`;
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : code.toUpperCase();
  });
}

/** Texts up to this length are found by trying every place. */
const SHORT = 16;

/** `text.indexOf(part, from)` in linear time, whatever the texts (Knuth, Morris and Pratt). */
function indexOf(text: string, part: string, from: number): number {
  if (part.length <= SHORT) return text.indexOf(part, from);
  const borders = bordersOf(part);
  let matched = 0;
  for (let at = from; at < text.length; at += 1) {
    while (matched > 0 && text[at] !== part[matched]) matched = borders[matched - 1] ?? 0;
    if (text[at] === part[matched]) matched += 1;
    if (matched === part.length) return at - matched + 1;
  }
  return -1;
}

/** For each prefix, the length of the longest text that is a proper prefix and a suffix of it. */
function bordersOf(part: string): Uint16Array {
  const borders = new Uint16Array(part.length);
  let border = 0;
  for (let at = 1; at < part.length; at += 1) {
    while (border > 0 && part[at] !== part[border]) border = borders[border - 1] ?? 0;
    if (part[at] === part[border]) border += 1;
    borders[at] = border;
  }
  return borders;
}
