import type { FailureCode } from '../core/failures.ts';
import type { FetchFacts } from '../core/samples.ts';
import { type NamedFailure, namedFailure } from './http/classify.ts';

/** A body, or the failure that the row ends with. */
export type FetchResult =
  | {
      readonly ok: true;
      readonly body: Buffer;
      readonly contentType: string | null;
      readonly facts: FetchFacts;
    }
  | { readonly ok: false; readonly failure: NamedFailure; readonly facts: FetchFacts };

/** A row that ends without a request. */
export function refusal(code: FailureCode): FetchResult & { readonly ok: false } {
  const facts = {
    httpStatus: null,
    finalUrl: null,
    attempts: 0,
    bytes: null,
    mimeType: null,
    fetchedAt: null,
  };
  return { ok: false, failure: namedFailure(code), facts };
}
