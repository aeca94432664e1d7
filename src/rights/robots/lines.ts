/** A line of robots.txt: `name: value`. */
export interface RobotsLine {
  /** In lower case, without the usual misspellings. */
  readonly name: string;
  /** Without the blanks around it and without its comment; one character for each byte. */
  readonly value: string;
}

/** RFC 9309 demands at least this; what comes after it is not read. */
const MAX_ROBOTS_BYTES = 500 * 1024;
/** Google's limit: eight times the longest URL of some browsers. The rest of a longer line is ignored. */
const MAX_LINE_BYTES = 2083 * 8;

/** Google's list of what is meant all the same. */
const MISSPELT: ReadonlyMap<string, string> = new Map([
  ['useragent', 'user-agent'],
  ['user agent', 'user-agent'],
  ...['dissallow', 'dissalow', 'disalow', 'diasllow', 'disallaw'].map((name) => [name, 'disallow'] as const),
]);

/**
 * The lines of robots.txt with a name and a value. Lines end with CR, LF or both; a byte order mark, even an incomplete one,
 * is skipped, and one of UTF-16 heeded; a name and a value without a blank in it may lack the colon between them, as in `disallow /`.
 */
export function* robotsLines(body: Buffer): Generator<RobotsLine> {
  const bytes = inUtf8(body.subarray(0, MAX_ROBOTS_BYTES));
  // One character for each byte: paths are compared as bytes.
  const text = bytes.subarray(markLength(bytes)).toString('latin1');
  let start = 0;
  while (start < text.length) {
    const end = endOfLine(text, start);
    const line = readLine(text.slice(start, Math.min(end, start + MAX_LINE_BYTES - 1)));
    if (line !== undefined) yield line;
    start = end + 1;
  }
}

function readLine(whole: string): RobotsLine | undefined {
  const hash = whole.indexOf('#');
  const line = (hash === -1 ? whole : whole.slice(0, hash)).trim();
  const colon = line.indexOf(':');
  const end = colon === -1 ? onlyBlank(line) : colon;
  if (end <= 0) return undefined;
  const name = line.slice(0, end).trimEnd().toLowerCase();
  return { name: MISSPELT.get(name) ?? name, value: line.slice(end + 1).trim() };
}

/** Where the only run of blanks between two words starts; -1 if there is none, or more than one. */
function onlyBlank(line: string): number {
  const words = line.split(/[ \t]+/, 3);
  return words.length === 2 ? (words[0] ?? '').length : -1;
}

function endOfLine(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x0a || unit === 0x0d) return at;
  }
  return text.length;
}

/** Some editors save UTF-16, with its mark. */
function inUtf8(body: Buffer): Buffer {
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[body.toString('hex', 0, 2)];
  return encoding === undefined ? body : Buffer.from(new TextDecoder(encoding).decode(body));
}

/** Bytes of a byte order mark in UTF-8, or of the part of it that is there. */
function markLength(body: Buffer): number {
  const mark = [0xef, 0xbb, 0xbf];
  const different = mark.findIndex((byte, at) => body[at] !== byte);
  return different === -1 ? mark.length : different;
}
