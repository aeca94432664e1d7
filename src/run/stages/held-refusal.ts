import type { Options } from '../../config/resolve.ts';
import type { FailureCode } from '../../core/failures.ts';
import type { HeldImage } from '../../core/samples.ts';

/** Why an image that the index holds is not decoded, before it is read; null if it is. */
export function heldRefusal(
  image: HeldImage | null | undefined,
  { minBytes, maxBytes }: Pick<Options, 'minBytes' | 'maxBytes'>,
): FailureCode | null {
  if (image === undefined || image === null || image.isCut) return 'image_missing';
  if (image.bytes > maxBytes) return 'body_too_large';
  if (image.bytes === 0) return 'body_empty';
  return image.bytes < minBytes ? 'body_too_small' : null;
}
