import { BLURS, ENCODE_FORMATS, INTERPOLATIONS, RESIZE_MODES } from '../../core/choices.ts';
import { byteSize, choice, decimal, flag, integer, optional } from './basic-types.ts';
import { hashCheck } from './domain-types.ts';
import { optionGroup } from './option-spec.ts';

const interpolation = choice(INTERPOLATIONS, {
  bilinear: 'linear',
  bicubic: 'cubic',
  lanczos4: 'lanczos',
});

export const imageOptions = {
  ...optionGroup('Resizing', {
    imageSize: {
      type: integer({ min: 1, max: 65_500, unit: 'pixels' }),
      default: 512,
      help: 'Target side in pixels for --resize-mode',
      dataset: true,
    },
    resizeMode: {
      type: choice(RESIZE_MODES),
      default: 'keep_ratio_largest',
      help: RESIZE_MODES.join(', '),
      dataset: true,
    },
    resizeOnlyIfBigger: {
      type: flag,
      default: true,
      help: 'Leave small images as they are; --upscale enlarges them',
      opposite: 'upscale',
      dataset: true,
    },
    upscaleInterpolation: {
      type: interpolation,
      default: 'lanczos',
      help: 'How to enlarge: nearest, linear, cubic, area, lanczos',
      dataset: true,
    },
    downscaleInterpolation: {
      type: interpolation,
      default: 'area',
      help: 'How to shrink: nearest, linear, cubic, area, lanczos',
      dataset: true,
    },
    autoOrient: {
      type: flag,
      default: true,
      help: 'Rotate images upright according to their EXIF orientation',
      dataset: true,
    },
    blur: {
      type: choice(BLURS),
      default: 'strong',
      help: 'How --bbox-col blurs: strong, or as little as img2dataset',
      dataset: true,
    },
  }),

  ...optionGroup('Encoding', {
    encodeFormat: {
      type: choice(ENCODE_FORMATS),
      default: 'jpg',
      help: 'jpg, png, webp, or original (the downloaded bytes, checked)',
      dataset: true,
    },
    encodeQuality: {
      type: optional(integer({ min: 0 })),
      default: null,
      defaultText: '95; png 6',
      help: 'Quality of jpg and webp (webp above 100: lossless), compression of png (0 to 9)',
      dataset: true,
    },
    skipReencode: {
      type: flag,
      default: true,
      help: 'Keep the original bytes of images that need no change',
      dataset: true,
    },
    disableAllReencoding: {
      type: flag,
      default: false,
      help: 'Keep every download unchanged, even if it is not an image; decode and check nothing',
      dataset: true,
    },
  }),

  ...optionGroup('Checks', {
    minBytes: {
      type: byteSize({ min: 0, max: 2 ** 31 - 1 }),
      default: 0,
      help: 'Reject downloads with fewer bytes, such as placeholders',
      dataset: true,
    },
    minImageSize: {
      type: integer({ min: 0, unit: 'pixels' }),
      default: 0,
      help: 'Reject images whose shorter side has fewer pixels',
      dataset: true,
    },
    maxImageArea: {
      type: optional(decimal({ min: 1 })),
      default: null,
      help: 'Reject images with more pixels in total',
      dataset: true,
    },
    maxAspectRatio: {
      type: optional(decimal({ min: 1 })),
      default: null,
      help: 'Reject images whose longer side is more than n times the shorter',
      dataset: true,
    },
    verifyHash: {
      type: hashCheck,
      default: null,
      help: 'Reject downloads whose digest differs from that in a column: md5:md5',
      dataset: true,
    },
  }),
} as const;
