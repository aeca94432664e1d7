import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pyJsonNumber, pyJsonString } from '../../../src/util/text/python-json.ts';

describe('pyJsonNumber()', () => {
  // Written by Python's json.dumps.
  it.each([
    [1.0, '1.0'],
    [-0.0, '-0.0'],
    [0.1, '0.1'],
    [Math.fround(0.1), '0.10000000149011612'],
    [1e-7, '1e-07'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [9.999999999999999e-5, '9.999999999999999e-05'],
    [1e16, '1e+16'],
    [9999999999999998.0, '9999999999999998.0'],
    [1e15, '1000000000000000.0'],
    [1.5e300, '1.5e+300'],
    [123456789.125, '123456789.125'],
    [5e-324, '5e-324'],
    [-2.5e-10, '-2.5e-10'],
    [1e22, '1e+22'],
    [-1e16, '-1e+16'],
  ])('writes %d as Python does', (value, text) => {
    expect(pyJsonNumber(value)).toBe(text);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('writes %d as null', (value) => {
    expect(pyJsonNumber(value)).toBe('null');
  });

  it('loses no precision', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(JSON.parse(pyJsonNumber(value))).toBe(value);
      }),
    );
  });
});

describe('pyJsonString()', () => {
  it('escapes as Python does', () => {
    const text = 'a"\\/\b\t\n\f\r\x00\x1f\x7f\x80é\u2028\uffff😀~ ';
    // Written by Python's json.dumps.
    const expected =
      '"a\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\\u007f\\u0080\\u00e9\\u2028\\uffff\\ud83d\\ude00~ "';
    expect(pyJsonString(text)).toBe(expected);
  });

  it('replaces a lone surrogate, which no UTF-8 file can hold', () => {
    expect(pyJsonString('\ud83d! \ude00')).toBe('"\\ufffd! \\ufffd"');
  });

  it('is plain ASCII and means the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = pyJsonString(text);
        expect(json).toMatch(/^[ -~]*$/);
        expect(JSON.parse(json)).toBe(text);
      }),
    );
  });
});
