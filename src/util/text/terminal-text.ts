import { redactUrls } from './redact-url.ts';

// C0, DEL and C1 controls, bidirectional marks and overrides, line and paragraph separators, lone surrogates.
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\p{Cs}]/gu;

const ZERO_WIDTH = /^[\p{M}\p{Cf}]/u;
const WIDE =
  /^[\p{Emoji_Presentation}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

/**
 * Text from the index or a server, made safe for a terminal or a log: one line, secrets of URLs masked, characters that
 * could control the terminal or reorder the line escaped (`\u{1b}`), at most `maxLength` characters ("…" marks a cut).
 * A safe text stays unchanged.
 */
export function sanitizeText(text: string, maxLength = 512): string {
  const redacted = redactUrls(text);
  const kept = cut(redacted, maxLength);
  const safe = escapeUnsafe(kept, (unit) => `\\u{${unit.toString(16)}}`);
  const short = cut(safe, maxLength);
  return kept === redacted && short === safe ? safe : `${short}…`;
}

/** Replaces every unsafe character by what `spell` returns for its code. Each of them has a single code unit. */
export function escapeUnsafe(text: string, spell: (unit: number) => string): string {
  return text.replace(UNSAFE, (character) => spell(character.charCodeAt(0)));
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '') : text;
}

/** Columns that a safe text takes in a terminal: two for wide East Asian characters and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The longest prefix of a safe text that fits `columns`; if it is cut, the last column is "…". */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** A safe text, cut or padded with spaces to exactly `columns`. */
export function fitToWidth(text: string, columns: number): string {
  const cut = cutToWidth(text, columns);
  return cut + ' '.repeat(columns - displayWidth(cut));
}

function characterWidth(character: string): 0 | 1 | 2 {
  if (character >= ' ' && character <= '~') return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
