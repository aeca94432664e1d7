import type { ImageResult } from './job.ts';
import type { ImageLimits, ImageSettings } from './settings.ts';

/** First message to a decoder process; every further one is an ImageJob. */
export interface Orders {
  readonly settings: ImageSettings;
  readonly limits: ImageLimits;
}

/** Messages from it: `ready` or `unusable` once, then `done` for each job in the order of the jobs. */
export type Reply =
  | { readonly kind: 'ready' }
  /** The process cannot work at all, e.g. because sharp is not installed for this platform. */
  | { readonly kind: 'unusable'; readonly reason: string }
  /** With `kept`, the bytes of the picture are those of the job and are not sent back. */
  | {
      readonly kind: 'done';
      readonly result: ImageResult;
      readonly kept: boolean;
      /** Resident memory of the process. */
      readonly residentBytes: number;
    };
