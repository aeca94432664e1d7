import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectText } from '../../src/core/text-signature.ts';

const utf8 = (text: string): Buffer => Buffer.from(text);

describe('detectText', () => {
  test.each([
    ['<!DOCTYPE html><title>Not found</title>', 'text/html'],
    ['<!doctype HTML PUBLIC "-//W3C//DTD XHTML 1.0">', 'text/html'],
    ['\ufeff\r\n <html lang="en">', 'text/html'],
    ['<!-- cached --><HTML>', 'text/html'],
    ['<?xml version="1.0"?><!DOCTYPE html><html>', 'text/html'],
    ['<body>403 Forbidden</body>', 'text/html'],
    ['<script>location.href="/"</script>', 'text/html'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
    ['<?xml version="1.0"?><!-- by hand -->\n<svg width="1"/>', 'image/svg+xml'],
    ['<?xml version="1.0"?><!DOCTYPE svg PUBLIC "x" [<!ENTITY ns "y">]><svg:svg/>', 'image/svg+xml'],
    ['<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'application/xml'],
    ['<Error><Code>NoSuchKey</Code></Error>', 'application/xml'],
    ['{"error": "gone"}', 'application/json'],
    ['[]', 'application/json'],
    ['{}', 'application/json'],
    ['Not found', 'text/plain'],
    ['[gone]', 'text/plain'],
    ['image not available\u2026', 'text/plain'],
    ['', null],
    ['\0\0\0\0', null],
    ['\x1b[0m', 'text/plain'],
  ])('%j is %s', (text, kind) => {
    expect(detectText(utf8(text))).toBe(kind);
  });

  test('reads texts in Latin-1 and in UTF-16 with its mark', () => {
    expect(detectText(Buffer.from('Image non trouv\xe9e', 'latin1'))).toBe('text/plain');
    expect(detectText(Buffer.from('\ufeff<html>', 'utf16le'))).toBe('text/html');
  });

  test('does not take noise for a text', () => {
    expect(detectText(Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7919) % 251)))).toBeNull();
  });

  test('ends whatever declarations and comments are left open', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('<!--', '-->', '<?', '?>', '<!doctype x', '[', ']', '>', ' ', 'a')),
        (parts) => {
          detectText(utf8(parts.join('')));
        },
      ),
    );
  });
});
