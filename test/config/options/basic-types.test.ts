import { describe, expect, it } from 'vitest';
import { OPTIONS, type OptionKey, optionSpec } from '../../../src/config/options/options.ts';

const parse = (key: OptionKey, text: string): unknown => optionSpec(key).type.parse(text);

describe('types of values', () => {
  it.each<[OptionKey, string, unknown]>([
    ['imageSize', '256', 256],
    ['retries', '0', 0],
    ['maxImageArea', '1e6', 1_000_000],
    ['maxImageArea', 'None', null],
    ['maxAspectRatio', '1.5', 1.5],
    ['failUnder', '.9', 0.9],
    ['timeoutMs', '10', 10_000],
    ['deadlineMs', '500ms', 500],
    ['maxBytes', '20MB', 20_000_000],
    ['autoOrient', 'True', true],
    ['autoOrient', '0', false],
    ['resizeMode', 'Center_Crop', 'center_crop'],
    ['upscaleInterpolation', 'bicubic', 'cubic'],
    ['downscaleInterpolation', 'lanczos4', 'lanczos'],
    ['outputFormat', 'dummy', 'none'],
    ['inputFormat', 'csv.gz', 'csv.gz'],
    ['columns', 'similarity, punsafe', ['similarity', 'punsafe']],
    ['columns', 'all', null],
    ['columns', 'none', []],
    ['columns', '["none"]', ['none']],
    ['captionCol', 'None', false],
    ['captionCol', 'TEXT', 'TEXT'],
    ['verifyHash', '["md5","md5"]', { column: 'md5', algorithm: 'md5' }],
    ['verifyHash', 'md5:md5', { column: 'md5', algorithm: 'md5' }],
    ['verifyHash', 'my:col:SHA256', { column: 'my:col', algorithm: 'sha256' }],
    ['verifyHash', 'h,sha512', { column: 'h', algorithm: 'sha512' }],
    ['verifyHash', 'none', null],
    ['resolver', '127.0.0.1:5353,1.1.1.1', ['127.0.0.1:5353', '1.1.1.1']],
    ['resolver', '::1,[::1]:53', ['::1', '[::1]:53']],
    ['allowPrivate', '127.0.0.0/8,::1', ['127.0.0.0/8', '::1/128']],
    ['allowPrivate', '10.0.0.1', ['10.0.0.1/32']],
    ['ports', '80,8080', [80, 8080]],
    ['disallowedHeaderDirectives', '[]', []],
    ['disallowedHeaderDirectives', 'NoAI,none', ['noai', 'none']],
  ])('%s reads %s', (key, text, value) => {
    expect(parse(key, text)).toEqual(value);
  });

  it.each<[OptionKey, string]>([
    ['imageSize', '0'],
    ['imageSize', '65501'],
    ['imageSize', '1.5'],
    ['imageSize', '-1'],
    ['imageSize', ''],
    ['sample', '0'],
    ['sample', '1.1'],
    ['sample', 'NaN'],
    ['autoOrient', 'yes'],
    ['resizeMode', 'crop'],
    ['outputFormat', 'arrayrecord'],
    ['outputFormat', 'constructor'],
    ['verifyHash', 'md5'],
    ['verifyHash', 'col:crc32'],
    ['verifyHash', 'a,md5,b'],
    ['resolver', 'dns.example'],
    ['resolver', '127.0.0.1:0'],
    ['resolver', '127.0.0.1:99999'],
    ['resolver', '[1.1.1.1]:53'],
    ['allowPrivate', '10.0.0.0/33'],
    ['allowPrivate', '10.0.0.0/8/8'],
    ['allowPrivate', 'localhost'],
    ['ports', '0'],
    ['ports', '65536'],
    ['where', ' '],
    ['urlCol', ''],
  ])('%s refuses %j', (key, text) => {
    expect(parse(key, text)).toBeUndefined();
  });

  it('the expected value names the limits', () => {
    expect(OPTIONS.imageSize.type.expects).toBe('a whole number of pixels from 1 to 65500');
    expect(OPTIONS.limit.type.expects).toBe('a whole number from 1 upwards');
  });
});
