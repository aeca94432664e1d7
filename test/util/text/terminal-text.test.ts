import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutToWidth, displayWidth, fitToWidth, sanitizeText } from '../../../src/util/text/terminal-text.ts';

describe('sanitizeText()', () => {
  it.each([
    ['\u001b[31mred\u0007', '\\u{1b}[31mred\\u{7}'],
    ['two\nlines\r\n', 'two\\u{a}lines\\u{d}\\u{a}'],
    ['\u009b2J', '\\u{9b}2J'],
    ['\u007f', '\\u{7f}'],
    ['abc\u202egpj.exe', 'abc\\u{202e}gpj.exe'],
    ['\u2066x\u2069\u2028\u2029', '\\u{2066}x\\u{2069}\\u{2028}\\u{2029}'],
    ['\ud800', '\\u{d800}'],
    ['naïve 猫 🐈', 'naïve 猫 🐈'],
  ])('makes %j one harmless line', (text, safe) => {
    expect(sanitizeText(text)).toBe(safe);
  });

  it('cuts before it escapes, and never through a surrogate pair', () => {
    expect(sanitizeText('abcdef', 3)).toBe('abc…');
    expect(sanitizeText('ab🐈', 3)).toBe('ab…');
    expect(sanitizeText('abc', 3)).toBe('abc');
    expect(sanitizeText('\u001b\u001b', 6)).toBe('\\u{1b}…');
  });

  it('masks the secrets of URLs', () => {
    expect(sanitizeText("in 'http://u:p@a.test/?sig=x\u001b'")).toBe("in 'http://***@a.test/?sig=***'");
  });

  it('removes all control characters and leaves a safe text unchanged', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 600 }),
        fc.integer({ min: 1, max: 600 }),
        (text, most) => {
          const safe = sanitizeText(text, most);
          expect(safe).not.toMatch(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
          expect(safe.length).toBeLessThanOrEqual(most + 1);
          expect(sanitizeText(safe, most)).toBe(safe);
        },
      ),
    );
  });
});

describe('displayWidth()', () => {
  it.each([
    ['abc', 3],
    ['猫です', 6],
    ['e\u0301', 1],
    ['🐈', 2],
    ['한국', 4],
    ['（', 2],
  ])('of %s is %d', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('cutToWidth()', () => {
  it('keeps the prefix that fits and marks the cut', () => {
    expect(cutToWidth('abcdef', 6)).toBe('abcdef');
    expect(cutToWidth('abcdef', 5)).toBe('abcd…');
    expect(cutToWidth('猫猫猫', 4)).toBe('猫…');
  });

  it('never exceeds the columns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
        expect(displayWidth(cutToWidth(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('fitToWidth()', () => {
  it('pads or cuts to exactly the columns', () => {
    expect(fitToWidth('猫', 4)).toBe('猫  ');
    expect(fitToWidth('猫猫猫', 4)).toBe('猫… ');
  });
});
