import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config-file.ts';
import { environmentLayer, type Layer, type Setting } from '../../src/config/layer.ts';
import { findOption, OPTION_KEYS, type OptionKey, optionName } from '../../src/config/options/options.ts';
import {
  datasetSettings,
  type Options,
  resolveOptions,
  withDatasetSettings,
} from '../../src/config/resolve.ts';
import { UserError } from '../../src/core/errors.ts';

/** Layer of flags by name: `{ 'image-size': '256' }`. */
function flags(settings: Readonly<Record<string, string>>): Layer {
  return new Map(
    Object.entries(settings).map(([name, text]): [OptionKey, Setting] => {
      const key = findOption(name)?.key;
      if (!key) throw new Error(`no option ${name}`);
      return [key, { text, origin: `--${name}` }];
    }),
  );
}

const resolve = (settings: Readonly<Record<string, string>> = {}): Options =>
  resolveOptions([flags(settings)]).options;

describe('resolveOptions()', () => {
  it('fills in our defaults', () => {
    expect(resolve()).toMatchObject({
      inputFormat: null,
      captionCol: null,
      columns: null,
      outputFormat: 'webdataset',
      numberSamplePerShard: 10_000,
      oomShardCount: 5,
      imageSize: 512,
      resizeMode: 'keep_ratio_largest',
      resizeOnlyIfBigger: true,
      encodeFormat: 'jpg',
      encodeQuality: 95,
      skipReencode: true,
      autoOrient: true,
      extractExif: true,
      computeHash: 'sha256',
      concurrency: 1024,
      perHost: 16,
      timeoutMs: 10_000,
      deadlineMs: 30_000,
      maxBytes: 31_457_280,
      retries: 2,
      rights: 'standard',
      ports: [80, 443, 8080, 8443],
      decoders: availableParallelism(),
      failUnder: 0,
    });
  });

  it('leaves nothing undefined', () => {
    expect(Object.values(resolve())).not.toContain(undefined);
  });

  it("takes the options that shape the dataset from img2dataset's preset, but not those of the network", () => {
    expect(resolve({ preset: 'img2dataset' })).toMatchObject({
      imageSize: 256,
      resizeMode: 'border',
      resizeOnlyIfBigger: false,
      autoOrient: false,
      blur: 'img2dataset',
      outputFormat: 'files',
      skipReencode: false,
      captionCol: false,
      columns: [],
      retries: 2,
      rights: 'standard',
    });
  });

  it('lets a given value override the preset', () => {
    const options = resolve({ preset: 'img2dataset', 'caption-col': 'TEXT', 'image-size': '384' });
    expect(options).toMatchObject({ captionCol: 'TEXT', imageSize: 384, resizeMode: 'border' });
  });

  it('defaults < preset < config file < environment < flags, for any subset of them', () => {
    const size = fc.option(fc.integer({ min: 1, max: 65_500 }), { nil: undefined });
    fc.assert(
      fc.property(size, size, size, fc.boolean(), (inFile, inEnvironment, inFlags, hasPreset) => {
        const { options } = resolveOptions([
          parseConfig(
            JSON.stringify({ imageSize: inFile, preset: hasPreset ? 'img2dataset' : null }),
            'run.json',
          ),
          environmentLayer({
            LAION_FETCH_IMAGE_SIZE: inEnvironment === undefined ? '' : String(inEnvironment),
          }),
          flags(inFlags === undefined ? {} : { 'image-size': String(inFlags) }),
        ]);
        expect(options.imageSize).toBe(inFlags ?? inEnvironment ?? inFile ?? (hasPreset ? 256 : 512));
      }),
    );
  });

  it('treats any quality above 100 as lossless webp, as img2dataset does', () => {
    expect(resolve({ 'encode-format': 'webp', 'encode-quality': '110' }).encodeQuality).toBe(101);
  });

  it('accepts whole numbers written as Python floats', () => {
    const options = resolve({ 'image-size': '256.0', 'number-sample-per-shard': '1e4' });
    expect(options).toMatchObject({ imageSize: 256, numberSamplePerShard: 10_000 });
    expect(() => resolve({ 'image-size': '256.5' })).toThrow(/^--image-size: expected a whole number/);
  });

  it('reports the source of the preset, even if another one is assumed', () => {
    const assumed = new Map([['preset', { text: 'img2dataset', origin: '--url_list' }]] as const);
    const origin = (...layers: Layer[]) => {
      const { presetOrigin, options } = resolveOptions([assumed, ...layers]);
      return [presetOrigin, options.imageSize];
    };
    expect(origin(flags({}))).toEqual(['--url_list', 256]);
    expect(origin(flags({ preset: 'img2dataset' }))).toEqual(['--preset', 256]);
    expect(origin(flags({ preset: 'none' }))).toEqual([null, 512]);
    expect(origin(environmentLayer({ LAION_FETCH_PRESET: 'none' }), flags({}))).toEqual([null, 512]);
  });

  it('uses 6 as the default compression of png', () => {
    expect(resolve({ 'encode-format': 'png' }).encodeQuality).toBe(6);
  });

  it('also stores the digest that is verified', () => {
    expect(resolve({ 'verify-hash': 'h:md5' }).computeHash).toBe('md5');
  });

  it('extends the deadline for a longer --timeout, unless --deadline is given', () => {
    expect(resolve({ timeout: '60' }).deadlineMs).toBe(180_000);
    expect(resolve({ timeout: '2s' }).deadlineMs).toBe(30_000);
    expect(resolve({ timeout: '60', deadline: '20s' }).deadlineMs).toBe(20_000);
  });

  it('returns the output separately from the options', () => {
    expect(resolveOptions([flags({ output: 'x' })]).output).toBe('x');
    expect(resolveOptions([]).output).toBeNull();
    expect(resolveOptions([flags({ preset: 'img2dataset' })]).output).toBe('images');
  });

  it('names the flag, what was expected, and the value', () => {
    const message = "--image-size: expected a whole number of pixels from 1 to 65500, got 'abc'";
    expect(() => resolve({ 'image-size': 'abc' })).toThrow(new UserError(2, message));
  });

  it('names the environment variable', () => {
    const layer = environmentLayer({ LAION_FETCH_TIMEOUT: 'soon' });
    expect(() => resolveOptions([layer])).toThrow(
      /^LAION_FETCH_TIMEOUT: expected a time such as .*, got 'soon'$/,
    );
  });

  it.each([
    [{ 'encode-format': 'png', 'encode-quality': '95' }, '--encode-quality: expected a compression level'],
    [{ 'encode-quality': '101' }, '--encode-quality: expected a quality from 0 to 100'],
    [{ 'verify-hash': 'h:md5', 'compute-hash': 'sha256' }, '--verify-hash and --compute-hash'],
    [{ 'disable-all-reencoding': 'true', 'bbox-col': 'faces' }, '--disable-all-reencoding and --bbox-col'],
    [{ 'encode-format': 'original', 'image-size': '256' }, '--encode-format and --image-size'],
    [{ 'encode-format': 'original', 'bbox-col': 'faces' }, '--encode-format and --bbox-col'],
    [
      { rights: 'off', 'disallowed-header-directives': 'noai' },
      '--rights and --disallowed-header-directives',
    ],
    [{ 'user-agent': 'x', contact: 'me@x.example' }, '--user-agent and --contact'],
  ] as const)('refuses %j', (settings, message) => {
    expect(() => resolve(settings)).toThrow(message);
  });

  it.each([
    { 'disable-all-reencoding': 'true', 'resize-mode': 'border', 'image-size': '256', 'min-image-size': '9' },
    { 'resize-mode': 'no', 'image-size': '256' },
    { 'disable-all-reencoding': 'true', 'encode-format': 'webp' },
    { 'encode-format': 'original', 'min-image-size': '9' },
    { 'encode-format': 'webp', 'encode-quality': '101' },
    { rights: 'off', 'disallowed-header-directives': '[]' },
    { 'verify-hash': 'h:md5', 'compute-hash': 'md5' },
  ])('accepts %j', (settings) => {
    expect(() => resolve(settings)).not.toThrow();
  });
});

describe('datasetSettings()', () => {
  it('contains the options that shape the dataset under the names of flags, and none of network or output', () => {
    const settings = datasetSettings(resolve({ 'image-size': '384' }));
    expect(settings).toMatchObject({
      'image-size': 384,
      'encode-quality': 95,
      rights: 'standard',
      where: null,
    });
    for (const name of ['concurrency', 'timeout', 'progress', 'decoders', 'output']) {
      expect(settings).not.toHaveProperty(name);
    }
    expect(Object.keys(settings).every((name) => OPTION_KEYS.some((key) => optionName(key) === name))).toBe(
      true,
    );
  });

  it('survives JSON', () => {
    const settings = datasetSettings(resolve({ 'verify-hash': 'h:md5', columns: 'a,b' }));
    expect(JSON.parse(JSON.stringify(settings))).toEqual(settings);
  });
});

describe('withDatasetSettings()', () => {
  const shaped = { 'image-size': '384', 'encode-format': 'png', 'verify-hash': 'h:md5', where: 'a > 1' };

  it('reverses datasetSettings, even through JSON, and keeps network and output options', () => {
    const settings = datasetSettings(resolve({ ...shaped, concurrency: '7', 'log-level': 'info' }));
    const others = { concurrency: '9', 'log-level': 'error' };
    const stored = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
    expect(withDatasetSettings(resolve({ ...others, 'image-size': '99' }), stored)).toEqual(
      resolve({ ...others, ...shaped }),
    );
  });

  it('gives the default to an option that an earlier version did not know', () => {
    const { dedupe: _, ...older } = datasetSettings(resolve());
    expect(withDatasetSettings(resolve({ dedupe: 'url' }), older)).toEqual(resolve());
  });
});
