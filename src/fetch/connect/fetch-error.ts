import type { FailureCode } from '../../core/failures.ts';

/** Carries a failure code through code that can only throw, such as the connector that undici calls. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly code: FailureCode;
  /** What the summary of the code does not say, such as a status. */
  readonly detail: string | undefined;

  constructor(code: FailureCode, detail?: string) {
    super(code);
    this.code = code;
    this.detail = detail;
  }
}
