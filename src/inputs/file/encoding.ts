/** What to say of text that should be UTF-8 and is not. */
export const NOT_UTF8 =
  'not valid UTF-8; what is invalid becomes U+FFFD; --encoding names another encoding, such as windows-1252';

const MARKS: readonly (readonly [readonly number[], string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  // Before the mark of UTF-16, with which this one begins.
  [[0xff, 0xfe, 0, 0], 'utf-32le'],
  [[0, 0, 0xfe, 0xff], 'utf-32be'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/** In UTF-16, every other byte of ASCII is zero. Text in other scripts has digits, blanks and URLs, too. */
const MIN_ZEROS = 0.2;
const SAMPLED_BYTES = 512;

/** Bytes of a text's start by which its encoding is recognised; more of them are not worth waiting for. */
export const ENCODING_BYTES = 4;

/**
 * The encoding of a text by its first bytes: what a byte order mark says, then `wanted`, then UTF-16 where zeros are in
 * every other place, then `utf-8`. Also `utf-32le` and `utf-32be`, which cannot be decoded.
 */
export function findEncoding(head: Buffer, wanted: string | null): string {
  const marked = MARKS.find(([mark]) => mark.every((byte, at) => head[at] === byte));
  return marked?.[1] ?? wanted ?? utf16Of(head.subarray(0, SAMPLED_BYTES)) ?? 'utf-8';
}

function utf16Of(head: Buffer): string | null {
  const zeros = [0, 0] as [number, number];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2 === 0 ? 0 : 1] += 1;
  const [even, odd] = zeros;
  if (Math.max(even, odd) < (head.length / 2) * MIN_ZEROS) return null;
  if (odd > 4 * even) return 'utf-16le';
  return even > 4 * odd ? 'utf-16be' : null;
}

/** Text in another encoding as UTF-8. `onInvalid` is called if bytes of it become U+FFFD. */
export async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  encoding: string,
  onInvalid: () => void,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  const encode = (text: string): Buffer => {
    if (text.includes('\uFFFD')) onInvalid();
    return Buffer.from(text);
  };
  for await (const chunk of chunks) {
    // As a stream even for the last chunk: Node 20 decodes windows-1252 as ISO-8859-1 otherwise.
    const bytes = encode(decoder.decode(chunk, { stream: true }));
    if (bytes.length > 0) yield bytes;
  }
  const rest = encode(decoder.decode());
  if (rest.length > 0) yield rest;
}
