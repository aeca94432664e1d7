import { FAILURES, type FailureCode } from '../../core/failures.ts';
import type { ExchangeOutcome } from '../http/exchange.ts';
import type { Refusal } from './backoff.ts';

/** What the end of a request says about the host, whatever it says about the row. */
export type HostSignal =
  /** It answers, and does not complain. */
  | { readonly kind: 'answered' }
  /** It asks for fewer requests: 429, 503. */
  | ({ readonly kind: 'refused' } & Refusal)
  /** It took the request and did not come to an end with it. */
  | { readonly kind: 'silent'; readonly code: FailureCode }
  /** There was nobody to take the request. */
  | { readonly kind: 'unreached'; readonly code: FailureCode }
  /** Says nothing either way. */
  | { readonly kind: 'other' };

const SILENT: ReadonlySet<FailureCode> = new Set(['timeout', 'deadline', 'connection_reset']);
const UNREACHED: ReadonlySet<FailureCode> = new Set([
  'dns_not_found',
  'dns_failed',
  'dns_timeout',
  'connect_refused',
  'connect_timeout',
  'connect_unreachable',
  'proxy_refused',
]);

export function signalOf(outcome: ExchangeOutcome): HostSignal {
  if (outcome.kind === 'cut') return { kind: 'other' };
  if (outcome.kind !== 'failure') return { kind: 'answered' };
  const { failure, stale, retryAfterMs } = outcome;
  const { code } = failure;
  if (stale) return { kind: 'other' };
  if (code === 'http_429') return { kind: 'refused', status: 429, retryAfterMs };
  if (code === 'http_503') return { kind: 'refused', status: 503, retryAfterMs };
  if (SILENT.has(code)) return { kind: 'silent', code };
  if (UNREACHED.has(code)) return { kind: 'unreached', code };
  const { stage, retry } = FAILURES[code];
  const isAnswer = (stage === 'http' && !retry) || stage === 'rights' || code === 'body_empty';
  return { kind: isAnswer ? 'answered' : 'other' };
}
