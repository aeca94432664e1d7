import { FAILURES } from '../../core/failures.ts';
import { DEFAULT_LIMITS, type ImageLimits, type ImageSettings } from '../../image/job/settings.ts';
import { startDecoders } from '../../image/workers/decoder-pool.ts';
import type { ImageDecoder } from '../../output/verify/verify-samples.ts';

/** Decodes an image completely and changes nothing. */
const AS_IT_IS: ImageSettings = {
  imageSize: 1,
  resizeMode: 'no',
  resizeOnlyIfBigger: true,
  upscaleInterpolation: 'nearest',
  downscaleInterpolation: 'nearest',
  encodeFormat: 'original',
  encodeQuality: 0,
  skipReencode: true,
  disableAllReencoding: false,
  autoOrient: false,
  blur: 'strong',
  minImageSize: 0,
  maxImageArea: Number.POSITIVE_INFINITY,
  maxAspectRatio: Number.POSITIVE_INFINITY,
  rights: 'off',
  keepRightsMetadata: false,
  extractExif: false,
  computeHash: null,
};

/** A run's images may be larger than what a run accepts. Time and memory of the decoders stay bounded. */
const ANY_SIZE: ImageLimits = {
  ...DEFAULT_LIMITS,
  maxPixels: Number.POSITIVE_INFINITY,
  maxAvifPixels: Number.POSITIVE_INFINITY,
  maxSidePixels: Number.POSITIVE_INFINITY,
};

/** Decoders that check the images of a dataset; `close` ends their processes. */
export interface DecodeCheck {
  readonly decode: ImageDecoder;
  close(): Promise<void>;
}

/** The processes start with the first image. */
export function startDecodeCheck(count: number): DecodeCheck {
  let decoders: ReturnType<typeof startDecoders> | null = null;
  return {
    decode: async (bytes) => {
      decoders ??= startDecoders({ count, settings: AS_IT_IS, limits: ANY_SIZE });
      const result = await decoders.decode({ bytes });
      return result.ok ? result.image : FAILURES[result.code].summary;
    },
    close: async () => decoders?.close(),
  };
}
