/**
 * Why a request to an object store failed. `temporary` covers what may heal by itself: broken connections, time-outs,
 * answers 429 and 5xx.
 */
export type ObjectErrorCode =
  | 'temporary'
  | 'not_found'
  | 'no_bucket'
  | 'denied'
  | 'credentials'
  | 'clock'
  | 'quota'
  | 'changed'
  | 'exists'
  | 'refused';

export class ObjectError extends Error {
  readonly code: ObjectErrorCode;
  /** Milliseconds for which the store wants no further request; 0 if it has not said. */
  readonly waitMs: number;

  constructor(
    code: ObjectErrorCode,
    message: string,
    { waitMs = 0, ...options }: ErrorOptions & { readonly waitMs?: number } = {},
  ) {
    super(message, options);
    this.name = 'ObjectError';
    this.code = code;
    this.waitMs = waitMs;
  }
}
