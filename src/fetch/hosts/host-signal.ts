import { FAILURES, type FailureCode } from '../../core/failures.ts';
import type { ExchangeOutcome } from '../http/exchange-outcome.ts';
import type { Refusal } from './backoff.ts';

/** Host signal: what the end of a request says about the host, whatever it says about the row. */
export type HostSignal =
  /** The host answers and does not refuse. */
  | { readonly kind: 'answered' }
  /** The host asks for fewer requests: 429, 503. */
  | ({ readonly kind: 'refused' } & Refusal)
  /** The host took the request and did not complete an answer. */
  | { readonly kind: 'silent'; readonly code: FailureCode }
  /** The request did not reach the host. */
  | { readonly kind: 'unreached'; readonly code: FailureCode }
  /** The host answers, and not well: says nothing about its limits. */
  | { readonly kind: 'other' }
  /** Says nothing at all: a connection that had carried other answers ended before this one began. */
  | { readonly kind: 'stale' };

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

/** What the outcome of a request says about its host. */
export function signalOf(outcome: ExchangeOutcome): HostSignal {
  if (outcome.kind === 'cut') return { kind: 'other' };
  if (outcome.kind !== 'failure') return { kind: 'answered' };
  const { failure, stale, retryAfterMs } = outcome;
  const { code } = failure;
  if (stale) return { kind: 'stale' };
  if (code === 'http_429') return { kind: 'refused', status: 429, retryAfterMs };
  if (code === 'http_503') return { kind: 'refused', status: 503, retryAfterMs };
  if (SILENT.has(code)) return { kind: 'silent', code };
  if (UNREACHED.has(code)) return { kind: 'unreached', code };
  const { stage, retry } = FAILURES[code];
  const isAnswer = (stage === 'http' && !retry) || stage === 'rights' || code === 'body_empty';
  return { kind: isAnswer ? 'answered' : 'other' };
}

/** Whether a request waited in vain, for a connection or for its answer. */
export function isTimeout(signal: HostSignal): boolean {
  const code = signal.kind === 'silent' || signal.kind === 'unreached' ? signal.code : null;
  return code === 'timeout' || code === 'connect_timeout';
}
