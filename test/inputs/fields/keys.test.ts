import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readKey } from '../../../src/inputs/fields/keys.ts';

const problemOf = (value: string | null, prefix = ''): string | null => {
  const read = readKey(value, prefix);
  return 'key' in read ? null : read.keyFailure.message;
};

describe('readKey()', () => {
  test.each([
    [null, 'it is empty'],
    ['', 'it is empty'],
    ['a.b', 'it has a dot'],
    ['.', 'it has a dot'],
    ['a/b', 'it has a slash'],
    ['a\\b', 'it has a slash'],
    ['ü', 'characters other than those of ASCII'],
    ['a\nb', 'characters other than those of ASCII'],
    ['a:b', 'a character that file names cannot have everywhere'],
    ['a*', 'a character that file names cannot have everywhere'],
    [' a', 'begins or ends with a space'],
    ['a ', 'begins or ends with a space'],
    ['LPT1', 'the name of a device'],
    ['x'.repeat(96), 'longer than 95 characters'],
  ])('%j is none: %s', (value, problem) => {
    expect(problemOf(value)).toContain(problem);
  });

  test.each(['a', '17', '-0', 'a b', 'B_-=+@~(1)', 'x'.repeat(95)])('%j is one', (value) => {
    expect(readKey(value, '')).toEqual({ key: value });
  });

  test('counts the prefix', () => {
    expect(readKey('nul', 'p-')).toEqual({ key: 'p-nul' });
    expect(problemOf('x'.repeat(94), 'p-')).toContain('longer than 95');
    expect(problemOf('', 'p-')).toContain('it is empty');
  });

  test('whatever it accepts names a member of a tar that webdataset splits at its extension', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (value) => {
        const read = readKey(value, '');
        if (!('key' in read)) return;
        const name = `${read.key}.json`;
        expect(/^((?:.*\/|)[^.]+)[.]([^/]*)$/.exec(name)?.slice(1)).toEqual([value, 'json']);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(100);
      }),
      { numRuns: 300 },
    );
  });
});
