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

  constructor(code: ObjectErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ObjectError';
    this.code = code;
  }
}
