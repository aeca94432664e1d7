import type { FailureCode } from '../../core/failures.ts';
import { detectFormat } from '../../core/image-signature.ts';
import type { ImageJob } from '../job/job.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';
import { exceedsLimits } from './checks.ts';
import { estimateBytes } from './memory-estimate.ts';
import { readHeader } from './read-header.ts';

/** A body that may go to a decoder, with the memory that it may need there, or the reason why it may not. */
type PreCheck =
  | { readonly admitted: true; readonly estimatedBytes: number }
  | { readonly admitted: false; readonly code: FailureCode };

/** Decides by the first bytes of a body whether a decoder may see it, and how much memory decoding may need. */
export function preCheck(job: ImageJob, settings: ImageSettings, limits: ImageLimits): PreCheck {
  const { bytes } = job;
  if (settings.disableAllReencoding) return { admitted: true, estimatedBytes: 2 * bytes.length };
  const { format } = detectFormat(bytes);
  if (format === null) return { admitted: false, code: 'image_unknown' };
  const header = readHeader(bytes, format);
  // A decoder may still be able to decode it, at an unknown cost.
  if (header === null) return { admitted: true, estimatedBytes: Number.POSITIVE_INFINITY };
  if (exceedsLimits(header, limits)) return { admitted: false, code: 'image_too_many_pixels' };
  return { admitted: true, estimatedBytes: estimateBytes(header, job, settings) };
}
