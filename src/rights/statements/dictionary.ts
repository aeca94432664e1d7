/**
 * The members of a Dictionary of RFC 9651 (structured fields) by their names; the last of several counts. A value is the
 * text of a Token, or null for any other type. Null if the text is not a valid Dictionary: then nothing of it counts.
 */
export function readDictionary(text: string): ReadonlyMap<string, string | null> | null {
  const members = new Map<string, string | null>();
  const at = new Cursor(text.replace(/^ +| +$/g, ''));
  if (at.isEnd) return members;
  for (;;) {
    const name = at.take(KEY);
    if (name === null) return null;
    let value: string | null | undefined = null;
    if (at.take(EQUALS) !== null) value = at.take(OPEN) === null ? bareItem(at) : innerList(at);
    if (value === undefined || !skipParameters(at)) return null;
    // A later member replaces an earlier one.
    members.set(name, value);
    at.take(BLANKS);
    if (at.isEnd) return members;
    if (at.take(COMMA) === null) return null;
    at.take(BLANKS);
    if (at.isEnd) return null;
  }
}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
const EQUALS = /=/y;
const COMMA = /,/y;
const SEMICOLON = /; */y;
const OPEN = /\( */y;
const CLOSE = / *\)/y;
const BLANKS = /[ \t]*/y;
const SPACES = / +/y;
const TOKEN = /[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y;
const OTHERS = [
  /-?\d{1,12}\.\d{1,3}(?![\d.])/y,
  /-?\d{1,15}(?![\d.])/y,
  /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y,
  /:[A-Za-z0-9+/=]*:/y,
  /\?[01]/y,
  /@-?\d{1,15}(?![\d.])/y,
  /%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"/y,
];

class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The text that matches here, after which the cursor then stands; null if nothing does. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }
}

/** Undefined if there is no valid item. */
function bareItem(at: Cursor): string | null | undefined {
  const token = at.take(TOKEN);
  if (token !== null) return token;
  return OTHERS.some((pattern) => at.take(pattern) !== null) ? null : undefined;
}

function innerList(at: Cursor): null | undefined {
  for (;;) {
    if (at.take(CLOSE) !== null) return null;
    if (bareItem(at) === undefined || !skipParameters(at)) return undefined;
    if (at.take(CLOSE) !== null) return null;
    if (at.take(SPACES) === null) return undefined;
  }
}

function skipParameters(at: Cursor): boolean {
  while (at.take(SEMICOLON) !== null) {
    if (at.take(KEY) === null) return false;
    if (at.take(EQUALS) !== null && bareItem(at) === undefined) return false;
  }
  return true;
}
