import { describe, expect, test } from 'vitest';
import type { DownloadOptions } from '../../src/library/options.ts';
import {
  outputFolder,
  resolveColumns,
  resolveDownload,
  resolveMerge,
  resolveRetry,
  resolveVerify,
} from '../../src/library/resolve-options.ts';
import { inCode } from '../../src/library/wording.ts';

const resolveOnly = (options: object) =>
  resolveDownload({ index: 'index.csv', output: 'out', ...options } as DownloadOptions);
const refused = (options: object): string => {
  try {
    resolveOnly(options);
    return 'accepted';
  } catch (error) {
    return inCode(String(error).replace('UserError: ', ''));
  }
};

describe("a program's options", () => {
  test('are values, not texts: milliseconds, bytes, arrays, booleans', () => {
    const { options, output } = resolveOnly({
      imageSize: 384,
      timeoutMs: 1500,
      maxBytes: 123_457,
      bandwidth: 2_000_001,
      ports: [80, 8081],
      columns: ['a, b', '"quoted"'],
      allowPrivate: ['10.0.0.0/8'],
      captionCol: false,
      extractExif: false,
      verifyHash: { column: 'md5, upper', algorithm: 'md5' },
      where: "a = 'none'",
      part: { index: 3, count: 20 },
    });
    expect(output).toBe('out');
    expect(options).toMatchObject({
      imageSize: 384,
      timeoutMs: 1500,
      maxBytes: 123_457,
      bandwidth: 2_000_001,
      ports: [80, 8081],
      columns: ['a, b', '"quoted"'],
      allowPrivate: ['10.0.0.0/8'],
      captionCol: false,
      extractExif: false,
      verifyHash: { column: 'md5, upper', algorithm: 'md5' },
      computeHash: 'md5',
      where: "a = 'none'",
      part: { index: 3, count: 20 },
    });
  });

  test('have their defaults where they are left out, null or undefined', () => {
    const { options } = resolveOnly({});
    expect(resolveOnly({ imageSize: null, where: undefined, columns: null }).options).toEqual(options);
    expect(options).toMatchObject({ imageSize: 512, outputFormat: 'webdataset', columns: null });
  });

  test('take the defaults of a preset', () => {
    expect(resolveOnly({ preset: 'img2dataset', imageSize: 100 }).options).toMatchObject({
      imageSize: 100,
      resizeMode: 'border',
      outputFormat: 'files',
      columns: [],
    });
  });

  test('do not come from the environment', () => {
    process.env['LAION_FETCH_IMAGE_SIZE'] = '77';
    try {
      expect(resolveOnly({}).options.imageSize).toBe(512);
    } finally {
      delete process.env['LAION_FETCH_IMAGE_SIZE'];
    }
  });

  test.each([
    [{ imageSize: 0 }, 'imageSize: expected a whole number of pixels from 1 to 65500, got 0'],
    [{ imageSize: Number.NaN }, 'imageSize: expected a whole number of pixels from 1 to 65500, got NaN'],
    [{ imageSize: '384' }, "imageSize: expected a number, got '384'"],
    [{ timeoutMs: '10s' }, "timeoutMs: expected a number of milliseconds, got '10s'"],
    [{ maxBytes: '1MiB' }, "maxBytes: expected a number of bytes, got '1MiB'"],
    [{ allowPrivate: '10.0.0.0/8' }, "allowPrivate: expected an array, got '10.0.0.0/8'"],
    [
      { allowPrivate: ['ten'] },
      'allowPrivate: expected networks such as 127.0.0.0/8 or ::1, separated by commas, got ["ten"]',
    ],
    [{ extractExif: 'true' }, "extractExif: expected true or false, got 'true'"],
    [{ captionCol: true }, 'captionCol: expected a string, got true'],
    [
      { resizeMode: 'stretch' },
      "resizeMode: expected one of no, border, keep_ratio, keep_ratio_largest, center_crop, got 'stretch'",
    ],
    [
      { proxy: 'http://user:secret@' },
      'proxy: expected an HTTP proxy as http://host:port or http://user:password@host:port, got something else',
    ],
    [
      { encodeFormat: 'png', encodeQuality: 95 },
      "encodeQuality: expected a compression level from 0 to 9 with encodeFormat png, got '95'",
    ],
    [{ imagesize: 3 }, "unknown option 'imagesize'; did you mean 'imageSize'?"],
    [{ part: '3/20' }, "part: expected an object with index and count, got '3/20'"],
    [{ part: { index: 3, count: 3 } }, 'part: expected a part from 0 and the number of parts'],
    [{ json: true }, "unknown option 'json'"],
    [{ dryRun: true }, "unknown option 'dryRun'"],
  ])('%j is refused', (options, message) => {
    expect(refused(options)).toContain(message);
  });

  test('have a folder as output: only the command streams a tar', () => {
    expect(() => outputFolder(resolveOnly({ output: '-' }))).toThrow("output: expected a folder, got '-'");
  });

  test('of a retry are the network, of a verification the files alone', () => {
    expect(() => resolveRetry({ output: 'out', imageSize: 3 } as never)).toThrow(
      "unknown option 'imageSize'",
    );
    expect(() => resolveVerify({ output: 'out', perHost: 3 } as never)).toThrow("unknown option 'perHost'");
    expect(() => resolveMerge({ output: 'out', datasets: [], perHost: 3 } as never)).toThrow(
      "unknown option 'perHost'",
    );
    expect(() => resolveColumns({ output: 'out', imageSize: 3 } as never)).toThrow(
      "unknown option 'imageSize'",
    );
  });
});
