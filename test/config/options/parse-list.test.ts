import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseList } from '../../../src/config/options/parse-list.ts';

describe('parseList()', () => {
  it.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , b c ', ['a', 'b c']],
    ['["a","b"]', ['a', 'b']],
    ["['a', 'b']", ['a', 'b']],
    ['[a, b]', ['a', 'b']],
    ["('a', 'b')", ['a', 'b']],
    ["('a',)", ['a']],
    ['[]', []],
    ['()', []],
    ['[1, 2]', ['1', '2']],
    ['["a,b", "c"]', ['a,b', 'c']],
    ['["say \\"x\\"", "\\u00e9"]', ['say "x"', 'é']],
    ['x', ['x']],
  ])('reads %s', (text, items) => {
    expect(parseList(text)).toEqual(items);
  });

  it.each(['', '[', '["a"', "['a]", 'a,,b', 'a,', '["a" "b"]', ',a'])('refuses %j', (text) => {
    expect(parseList(text)).toBeUndefined();
  });

  it('reads any list that JSON writes', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (items) => {
        expect(parseList(JSON.stringify(items))).toEqual(items);
      }),
    );
  });

  it('terminates for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[](),"\'\\ab ') }), (text) => void parseList(text)),
    );
  });
});
