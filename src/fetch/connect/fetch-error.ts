import type { FailureCode } from '../../core/failures.ts';

/** A named failure on its way through code that can only throw, such as the connector that undici calls. */
export class FetchError extends Error {
  override readonly name = 'FetchFault';
  readonly code: FailureCode;
  /** What the summary of the code leaves open, such as a status. */
  readonly detail: string | undefined;

  constructor(code: FailureCode, detail?: string) {
    super(code);
    this.code = code;
    this.detail = detail;
  }
}
