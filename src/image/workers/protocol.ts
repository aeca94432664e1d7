import type { EncodedImage } from '../../core/samples.ts';
import type { ImageJob, ImageResult } from '../job/job.ts';
import type { ImageLimits, ImageSettings } from '../job/settings.ts';

/** File descriptor of the pipe in a decoder process: frames with jobs come in, frames with results go out. */
export const WORK_DESCRIPTOR = 4;

/** First message to a decoder process. It and its two replies use Node's own channel. */
export interface Orders {
  readonly settings: ImageSettings;
  readonly limits: ImageLimits;
}

export type Reply =
  | { readonly kind: 'ready' }
  /** The process cannot decode at all, for example because sharp is not installed for this platform. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** Facts of a frame to the process. The bytes of the frame are those of the job. */
export type JobFacts = Omit<ImageJob, 'bytes'>;

/** Facts of the frame that comes back; results come in the order of the jobs. */
export interface ResultFacts {
  readonly result:
    | Exclude<ImageResult, { ok: true }>
    | (Omit<Extract<ImageResult, { ok: true }>, 'image'> & { readonly image: Omit<EncodedImage, 'bytes'> });
  /** The bytes of the result are those of the job, and the frame has none. */
  readonly kept: boolean;
  /** Resident memory of the process in bytes. */
  readonly residentBytes: number;
  /** CPU time that the process has used so far, in milliseconds. */
  readonly usedMs: number;
}
