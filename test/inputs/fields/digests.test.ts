import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { HASHES } from '../../../src/core/choices.ts';
import { readDigest } from '../../../src/inputs/fields/digests.ts';

describe.each(HASHES)('readDigest() of %s', (algorithm) => {
  const bytes = createHash(algorithm).update('an image').digest();
  const hex = bytes.toString('hex');

  test.each([
    ['hexadecimal digits', hex],
    ['capitals and blanks', ` ${hex.toUpperCase()}\n`],
    ['base64', bytes.toString('base64')],
    ['base64 for URLs, without padding', bytes.toString('base64url')],
    ['bytes', new Uint8Array(bytes)],
    ['bytes of digits', Buffer.from(hex)],
  ])('reads %s', (_, value) => {
    expect(readDigest(value, algorithm)).toBe(hex);
  });

  test.each([null, '', '  ', new Uint8Array()])('finds none in %j', (value) => {
    expect(readDigest(value, algorithm)).toBeNull();
  });

  test.each(['0', hex.slice(2), `${hex}00`, hex.replace(/^./, 'g'), 'not a digest', 17, true, ['a']])(
    'refuses %j',
    (value) => {
      expect(readDigest(value, algorithm)).toBeUndefined();
    },
  );
});

test('readDigest() refuses a digest of another type', () => {
  const of = (name: string) => createHash(name).update('').digest('hex');
  expect(readDigest(of('sha256'), 'md5')).toBeUndefined();
  expect(readDigest(of('md5'), 'sha512')).toBeUndefined();
});
