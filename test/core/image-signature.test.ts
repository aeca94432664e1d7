import { describe, expect, test } from 'vitest';
import { detectFormat } from '../../src/core/image-signature.ts';
import { imageFixture } from '../image/fixtures.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('detectFormat', () => {
  test.each([
    ['landscape.jpg', 'jpeg', 'image/jpeg'],
    ['rgb.png', 'png', 'image/png'],
    ['lossy.webp', 'webp', 'image/webp'],
    ['animated.gif', 'gif', 'image/gif'],
    ['still.avif', 'avif', 'image/avif'],
    ['image.tiff', null, 'image/tiff'],
    ['image.bmp', null, 'image/bmp'],
    ['image.svg', null, 'image/svg+xml'],
    ['page.jpg', null, 'text/html'],
    ['noise.jpg', null, null],
    ['empty.jpg', null, null],
  ])('%s is %s', (name, format, mimeType) => {
    expect(detectFormat(imageFixture(name))).toEqual({ format, mimeType });
  });

  test.each([
    ['\0\0\0\x18ftypheic\0\0\0\0heicmif1', null, 'image/heic'],
    ['\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf', 'avif', 'image/avif'],
    ['\0\0\0\x14ftypmif1\0\0\0\0avif', 'avif', 'image/avif'],
    ['\0\0\0\x10ftypisom\0\0\0\0avif', null, 'video/mp4'],
    ['BMW drives', null, 'text/plain'],
    ['RIFF\x24\0\0\0WAVEfmt ', null, null],
    ['GIF88a', null, 'text/plain'],
    ['\xff\xd8', null, null],
  ])('%j is %s', (text, format, mimeType) => {
    expect(detectFormat(bytes(text))).toEqual({ format, mimeType });
  });

  test('reads the view and not the buffer behind it', () => {
    const padded = Buffer.concat([bytes('GIF89a'), imageFixture('rgb.png')]);
    expect(detectFormat(padded.subarray(6)).format).toBe('png');
  });
});
