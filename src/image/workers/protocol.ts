import type { EncodedImage } from '../../core/samples.ts';
import type { ImageJob, ImageResult } from '../job/job.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';

/** Descriptor at which a decoder process finds the pipe that brings jobs and takes their results, as frames. */
export const WORK_DESCRIPTOR = 4;

/** First message to a decoder process, by Node's own channel, as the two replies to it are. */
export interface Orders {
  readonly settings: ImageSettings;
  readonly limits: ImageLimits;
}

export type Reply =
  | { readonly kind: 'ready' }
  /** The process cannot work at all, e.g. because sharp is not installed for this platform. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** Facts of a frame to the process; its bytes are those of the job. */
export type JobFacts = Omit<ImageJob, 'bytes'>;

/** Facts of the frame that answers it, in the order of the jobs. */
export interface ResultFacts {
  readonly result:
    | Exclude<ImageResult, { ok: true }>
    | (Omit<Extract<ImageResult, { ok: true }>, 'image'> & { readonly image: Omit<EncodedImage, 'bytes'> });
  /** The bytes of the picture are those of the job, and the frame has none. */
  readonly kept: boolean;
  /** Resident memory of the process. */
  readonly residentBytes: number;
}
