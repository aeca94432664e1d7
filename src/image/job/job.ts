import type { EmbeddedRights } from '../../core/embedded-rights.ts';
import type { FailureCode } from '../../core/failures.ts';
import type { EncodedImage } from '../../core/samples.ts';

/** One downloaded body, with what its row of the index says about it. */
export interface ImageJob {
  readonly bytes: Uint8Array;
  /** Lower-case hexadecimal digest that the bytes must have; undefined: not verified; null: the row has none. */
  readonly expectedHash?: string | null;
  /** Regions to blur, each [x_min, y_min, x_max, y_max] in 0..1. */
  readonly boxes?: readonly (readonly number[])[] | null;
}

export type ImageResult = ImageSuccess | ImageFailure;

/** What is known of the body whether or not it becomes an image. */
interface BodyFacts {
  /** Media type of the downloaded bytes by their signature; null if it is unknown. */
  readonly mimeType: string | null;
  /** Rights metadata of the body, if it has any and they were read. */
  readonly rights?: EmbeddedRights;
}

interface ImageSuccess extends BodyFacts {
  readonly ok: true;
  /** If nothing had to change, `bytes` is the same array as in the job. */
  readonly image: EncodedImage;
}

export interface ImageFailure extends BodyFacts {
  readonly ok: false;
  readonly code: FailureCode;
}
