import { ENCODE_FORMATS, INTERPOLATIONS, RESIZE_MODES } from '../../core/choices.ts';
import { choice, decimal, flag, integer, optional } from './basic-types.ts';
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
      kind: integer({ min: 1, max: 65_500, unit: 'pixels' }),
      default: 512,
      help: 'Side in pixels that --resize-mode aims at',
      dataset: true,
    },
    resizeMode: {
      kind: choice(RESIZE_MODES),
      default: 'keep_ratio_largest',
      help: RESIZE_MODES.join(', '),
      dataset: true,
    },
    resizeOnlyIfBigger: {
      kind: flag,
      default: true,
      help: 'Leave small pictures as they are; --upscale enlarges them',
      opposite: 'upscale',
      dataset: true,
    },
    upscaleInterpolation: {
      kind: interpolation,
      default: 'lanczos',
      help: 'How to enlarge: nearest, linear, cubic, area, lanczos',
      dataset: true,
    },
    downscaleInterpolation: {
      kind: interpolation,
      default: 'area',
      help: 'How to shrink: the same words',
      dataset: true,
    },
    autoOrient: {
      kind: flag,
      default: true,
      help: 'Turn pictures upright as their EXIF orientation says',
      dataset: true,
    },
  }),

  ...optionGroup('Encoding', {
    encodeFormat: {
      kind: choice(ENCODE_FORMATS),
      default: 'jpg',
      help: 'jpg, png, webp, or original: the bytes as they came, checked',
      dataset: true,
    },
    encodeQuality: {
      kind: optional(integer({ min: 0 })),
      default: null,
      defaultText: '95; png 6',
      help: 'Quality of jpg and webp (101 is lossless webp), compression 0 to 9 of png',
      dataset: true,
    },
    skipReencode: {
      kind: flag,
      default: true,
      help: 'Keep the bytes of pictures that already are what was asked for',
      dataset: true,
    },
    disableAllReencoding: {
      kind: flag,
      default: false,
      help: 'Keep every body as it came, also what is no picture: nothing is decoded or checked',
      dataset: true,
    },
  }),

  ...optionGroup('Checks', {
    minImageSize: {
      kind: integer({ min: 0, unit: 'pixels' }),
      default: 0,
      help: 'Refuse pictures whose shorter side has fewer pixels',
      dataset: true,
    },
    maxImageArea: {
      kind: optional(decimal({ min: 1 })),
      default: null,
      help: 'Refuse pictures of more pixels in all',
      dataset: true,
    },
    maxAspectRatio: {
      kind: optional(decimal({ min: 1 })),
      default: null,
      help: 'Refuse pictures whose longer side is more times the shorter',
      dataset: true,
    },
    verifyHash: {
      kind: hashCheck,
      default: null,
      help: 'Refuse bodies whose digest is not the one in a column: md5:md5',
      dataset: true,
    },
  }),
} as const;
