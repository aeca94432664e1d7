import type { FailureCode } from '../core/failures.ts';
import type { FetchFacts } from '../core/samples.ts';
import { type NamedFailure, namedFailure } from './http/classify.ts';
import type { RowState } from './row-state.ts';

/** A body, or the failure that the row ends with. */
export type FetchResult =
  | {
      readonly ok: true;
      readonly body: Buffer;
      readonly contentType: string | null;
      /**
       * State for `Fetcher.resume` if the body is not a complete image: it may have been cut, and the row has an
       * attempt left. Null for any other body.
       */
      readonly again: RowState | null;
      readonly facts: FetchFacts;
    }
  | { readonly ok: false; readonly failure: NamedFailure; readonly facts: FetchFacts };

/** A row of which only the headers were wanted. */
export function bodiless(facts: FetchFacts): FetchResult {
  return { ok: true, body: Buffer.alloc(0), contentType: null, again: null, facts };
}

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
