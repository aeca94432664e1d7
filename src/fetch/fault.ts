import type { FailureCode } from '../core/failures.ts';

/** A named failure on its way through code that can only throw, such as the connector that undici calls. */
export class FetchFault extends Error {
  override readonly name = 'FetchFault';
  readonly code: FailureCode;

  constructor(code: FailureCode) {
    super(code);
    this.code = code;
  }
}
