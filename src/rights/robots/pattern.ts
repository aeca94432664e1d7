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

/**
 * `pattern`: one character for each byte, or a path of ASCII characters. One that begins with neither a slash nor a star
 * matches no path; its slash is taken to be forgotten.
 */
export function readPattern(pattern: string): PathPattern {
  const normal = normalForm(/^[^/*$]/.test(pattern) ? `/${pattern}` : pattern);
  const isWhole = normal.endsWith('$');
  const parts = (isWhole ? normal.slice(0, -1) : normal)
    .replace(/\*{2,}/g, '*')
    .split('*')
    .map(literal);
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

/** The normal form of the path and query of a URL, in which equal paths are equal texts. Its stars and dollars are codes. */
export const normalPath = (path: string): string => literal(normalForm(path));

/** Characters that stand for themselves: unreserved and reserved ones (RFC 3986). */
const PLAIN = /[\w.~!&'()+,;=:@/?#[\]-]/;
const CODE = /%[\da-f]{2}|[^\w.~!&'()+,;=:@/?#[\]%*$-]/gi;

/**
 * RFC 9309, 2.2.2: a character and its percent-encoding are equal, reserved ones included, so that `u=http://a` is
 * `u=http%3A%2F%2Fa`. But `%2A` and `%24` are a star and a dollar of a path, never the signs of a pattern (2.2.3).
 */
function normalForm(text: string): string {
  return text.replace(CODE, (code) => {
    if (code.length === 1) return `%${code.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return PLAIN.test(character) ? character : code.toUpperCase();
  });
}

const literal = (text: string): string =>
  /[*$]/.test(text) ? text.replaceAll('*', '%2A').replaceAll('$', '%24') : text;

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
