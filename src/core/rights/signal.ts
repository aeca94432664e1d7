import type { Mechanism } from './mechanisms.ts';

/**
 * What a signal says about use for training. `record`: no refusal by itself, but `strict` takes it for one, such as a
 * refusal that is for other robots or cannot be read for sure. `unknown`: nothing that could be acted upon.
 */
export type RightsVerdict = 'deny' | 'allow' | 'unknown' | 'record';

/** One thing that an owner says about use, where and when. Plain values: signals travel between threads and processes. */
export interface RightsSignal {
  readonly mechanism: Mechanism;
  /** What it is about: a whole origin, the URL's path, one answer, the image itself. */
  readonly scope: 'list' | 'origin' | 'path' | 'answer' | 'image';
  /** The text that says it, at most `MAX_RAW_BYTES` bytes of UTF-8. */
  readonly raw: string;
  readonly verdict: RightsVerdict;
  /** The URL that it was read at; null for what has none, such as an entry of a list. */
  readonly source: string | null;
  /** When it was fetched, in milliseconds since 1970; null if it was not fetched. */
  readonly at: number | null;
  /** Digest of the body that it stands in, if that is kept as evidence. */
  readonly sha256?: string;
}

export const MAX_RAW_BYTES = 256;
/** Maximum signals in the record of one sample; refusals are kept first. */
export const MAX_SIGNALS = 16;

/** The text of a signal: on one line, without control characters, and cut to its limit between characters. */
export function rawText(text: string): string {
  // Cut first: the text may be megabytes.
  const plain = text
    .slice(0, 4 * MAX_RAW_BYTES)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  let bytes = 0;
  let end = 0;
  for (const character of plain) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_RAW_BYTES) break;
    end += character.length;
  }
  return plain.slice(0, end);
}
