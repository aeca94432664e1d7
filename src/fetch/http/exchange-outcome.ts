import type { RightsSignal } from '../../core/rights/signal.ts';
import type { NamedFailure } from './classify.ts';

export interface Exchanged {
  readonly outcome: ExchangeOutcome;
  /** Bytes of the body that arrived, used or not. */
  readonly received: number;
  /** What the headers say about the use of the body. */
  readonly signals: readonly RightsSignal[];
  /** Milliseconds between the request and the headers of its answer; null without an answer, or with a lenient one. */
  readonly answeredMs: number | null;
}

/** The outcome of one request. */
export type ExchangeOutcome =
  | { readonly kind: 'body'; readonly status: number; readonly headers: AnswerHeaders; readonly body: Buffer }
  /** Only headers were wanted, and they announce what the body would be. */
  | { readonly kind: 'headers'; readonly status: number }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string | null }
  /** A licence that the headers name is to be asked for, before it is known whether the image may be used. */
  | { readonly kind: 'licence'; readonly url: string; readonly status: number }
  /** The body was cut to make room for other bodies. */
  | { readonly kind: 'cut' }
  | {
      readonly kind: 'failure';
      readonly failure: NamedFailure;
      readonly status: number | null;
      /** The pause that `Retry-After` asks for, in milliseconds; null without one. */
      readonly retryAfterMs: number | null;
      /**
       * Whether the failure may have nothing to do with the request, because the connection had carried others: the
       * server had closed it, or what arrived was the rest of an earlier answer.
       */
      readonly stale: boolean;
    };

export interface AnswerHeaders {
  readonly contentType: string | null;
  /** Empty without one. */
  readonly contentEncoding: string;
  /** Whether only the end of the connection marks the end of the body, so the body may be incomplete. */
  readonly endsWithConnection: boolean;
}
