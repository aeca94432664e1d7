import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { terminalJson } from '../../../src/util/text/terminal-json.ts';

describe('terminalJson()', () => {
  it('escapes characters that could control a terminal, and masks secrets', () => {
    expect(terminalJson({ a: '\u001b[2J\u009b2J\u202e\u2028\u007f', url: 'http://u:p@a.test/?sig=1' })).toBe(
      '{"a":"\\u001b[2J\\u009b2J\\u202e\\u2028\\u007f","url":"http://***@a.test/?sig=***"}',
    );
  });

  it('returns valid JSON without control characters for any value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = terminalJson(value);
        expect(text).not.toMatch(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u);
        // JSON cannot represent -0.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
