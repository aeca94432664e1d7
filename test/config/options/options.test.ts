import { describe, expect, it } from 'vitest';
import { findFlag, LEGACY_FLAG_NAMES } from '../../../src/config/legacy/flag-names.ts';
import {
  describeDefault,
  environmentName,
  findOption,
  isFlag,
  OPTION_KEYS,
  OPTIONS,
  optionName,
  optionSpec,
} from '../../../src/config/options/options.ts';
import { INPUT_FORMATS } from '../../../src/core/choices.ts';
import { parseInputFormat } from '../../../src/inputs/formats.ts';

describe('OPTIONS', () => {
  it("has no name twice, including img2dataset's names and opposites", () => {
    const ours = OPTION_KEYS.flatMap((key) => {
      const { opposite } = optionSpec(key);
      const negative = isFlag(key) ? [`no-${optionName(key)}`] : [];
      return [optionName(key), ...negative, ...(opposite ? [opposite] : [])];
    });
    const all = [...ours, ...LEGACY_FLAG_NAMES];
    expect(all.filter((name, position) => all.indexOf(name) !== position)).toEqual([]);
  });

  it.each(OPTION_KEYS)('%s has one line of help of at most 100 characters', (key) => {
    const { help } = optionSpec(key);
    expect(help).toMatch(/^\S[^\n]{4,98}[^.\s]$/);
  });

  it.each(OPTION_KEYS)('%s has a default that its own kind accepts', (key) => {
    const { type, default: value, defaultText } = optionSpec(key);
    if (value === null || defaultText !== undefined || type.format(value) === "the system's") return;
    if (Array.isArray(value) && value.length === 0) return;
    expect(type.parse(isFlag(key) ? String(value) : type.format(value))).toEqual(value);
  });

  it('omits the unit from the names of options', () => {
    expect(optionName('timeoutMs')).toBe('timeout');
    expect(environmentName('deadlineMs')).toBe('LAION_FETCH_DEADLINE');
  });

  it.each(INPUT_FORMATS)('--input-format accepts %s as the inputs do', (format) => {
    expect(OPTIONS.inputFormat.type.parse(format)).toBe(format);
  });

  it('offers only input formats that the inputs accept', () => {
    const offered = OPTIONS.inputFormat.type.expects.replace('one of ', '').split(', ');
    for (const format of offered) expect(() => parseInputFormat(format)).not.toThrow();
  });
});

describe('findOption()', () => {
  it.each(['image-size', 'image_size', 'imageSize'])('finds an option as %s', (name) => {
    expect(findOption(name)).toEqual({ key: 'imageSize', negated: false });
  });

  it.each(['no-auto-orient', 'noauto_orient', 'noAutoOrient'])('understands %s as a refusal', (name) => {
    expect(findOption(name)).toEqual({ key: 'autoOrient', negated: true });
  });

  it('understands upscale as the opposite of resize-only-if-bigger', () => {
    expect(findOption('upscale')).toEqual({ key: 'resizeOnlyIfBigger', negated: true });
    expect(findOption('no-upscale')).toEqual({ key: 'resizeOnlyIfBigger', negated: false });
  });

  it.each(['no-image-size', 'constructor', 'plan', ''])('knows no option %j', (name) => {
    expect(findOption(name)).toBeUndefined();
  });
});

describe('findFlag()', () => {
  // Every parameter of img2dataset 1.47.0, in its order.
  it.each([
    'url_list',
    'image_size',
    'output_folder',
    'processes_count',
    'resize_mode',
    'resize_only_if_bigger',
    'upscale_interpolation',
    'downscale_interpolation',
    'encode_quality',
    'encode_format',
    'skip_reencode',
    'output_format',
    'input_format',
    'url_col',
    'caption_col',
    'bbox_col',
    'thread_count',
    'number_sample_per_shard',
    'extract_exif',
    'save_additional_columns',
    'timeout',
    'enable_wandb',
    'wandb_project',
    'oom_shard_count',
    'compute_hash',
    'verify_hash',
    'distributor',
    'subjob_size',
    'retries',
    'disable_all_reencoding',
    'min_image_size',
    'max_image_area',
    'max_aspect_ratio',
    'incremental_mode',
    'max_shard_retry',
    'user_agent_token',
    'disallowed_header_directives',
    'ignore_ssl_certificate',
  ])("accepts img2dataset's %s, with underscores and with dashes", (name) => {
    expect(findFlag(name)).toBeDefined();
    expect(findFlag(name.replaceAll('_', '-'))).toEqual(findFlag(name));
  });
});

describe('describeDefault()', () => {
  it.each([
    ['imageSize', '512'],
    ['maxBytes', '30MiB'],
    ['timeoutMs', '10s'],
    ['ports', '80,443,8080,8443'],
    ['autoOrient', 'on'],
    ['where', ''],
    ['captionCol', 'detected'],
    ['resolver', "the system's"],
  ] as const)('says %s as %j', (key, words) => {
    expect(describeDefault(key)).toBe(words);
  });
});
