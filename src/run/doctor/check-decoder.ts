import type { Options } from '../../config/resolve.ts';
import { UserError } from '../../core/errors.ts';
import type { ImageResult } from '../../image/job/job.ts';
import { startDecoders } from '../../image/workers/decoder-pool.ts';
import { imageSettings } from '../stages/stage-settings.ts';
import { type Finding, fail, ok } from './finding.ts';

const NAME = 'decoder';

/** A grey PNG of 8 by 8 pixels. */
const IMAGE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADklEQVQImWNogAIGyhgAgIQgAfrAJDcAAAAASUVORK5CYII=',
  'base64',
);

/** Starts a decoder process that decodes, resizes and encodes a tiny image as the options say. */
export async function checkDecoder(options: Options): Promise<Finding> {
  // Checks only the decoding, not the limits by which options may refuse an image.
  const settings = imageSettings({
    ...options,
    disableAllReencoding: false,
    skipReencode: false,
    minImageSize: 0,
    maxImageArea: null,
    maxAspectRatio: null,
  });
  const decoders = startDecoders({ count: 1, settings });
  try {
    return judgeDecoder(await decoders.decode({ bytes: IMAGE }));
  } catch (error) {
    if (error instanceof UserError) return judgeDecoder(error);
    throw error;
  } finally {
    await decoders.close();
  }
}

/** `result`: what became of the image, or the error that says why no decoder can start. */
export function judgeDecoder(result: ImageResult | UserError): Finding {
  if (result instanceof UserError) {
    const end = result.message.lastIndexOf('; ');
    return fail(NAME, result.message.slice(0, end), result.message.slice(end + 2));
  }
  return result.ok
    ? ok(NAME, 'starts, decodes and encodes')
    : fail(
        NAME,
        `starts, but cannot decode an intact image: ${result.code}`,
        'reinstall laion-fetch on this machine, and allow a decoder 2GiB of memory',
      );
}
