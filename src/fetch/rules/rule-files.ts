import type { RuleFile } from '../../core/rights/rule-files.ts';
import type { HostKey } from '../../core/samples.ts';
import type { NamedFailure } from '../http/classify.ts';
import type { ExchangeOutcome } from '../http/exchange-outcome.ts';

/** A row's question for a file of an origin's rules. Plain values: it travels with the row. */
export interface Question {
  readonly file: RuleFile;
  /** The origin that the file is about, whatever hosts the way to it leads to. */
  readonly origin: string;
  readonly host: HostKey;
  /** The row's own URL, to which it returns. */
  readonly url: string;
  /** Redirects on the way to the file. */
  redirects: number;
  answer: RuleAnswer | null;
}

export type RuleAnswer =
  /** `body` is null if the origin has no such file. */
  | { readonly kind: 'file'; readonly url: string; readonly at: number; readonly body: Uint8Array | null }
  | { readonly kind: 'failed'; readonly failure: NamedFailure; readonly status: number | null };

const PATHS: Readonly<Record<RuleFile, string>> = {
  'robots.txt': '/robots.txt',
  'tdmrep.json': '/.well-known/tdmrep.json',
  'ai.txt': '/ai.txt',
};

/** The longest prefix of a file that is read: RFC 9309 asks for 500 KiB at least. */
export const MAX_RULE_BYTES = 500 * 1024;
/** As many as RFC 9309 asks for. */
export const MAX_RULE_REDIRECTS = 5;

export const ruleUrl = (file: RuleFile, origin: string): string => origin + PATHS[file];

/** What an outcome that is no redirect and no body says about a file: that there is none, or that nobody knows. */
export function answerWithoutBody(
  outcome: Exclude<ExchangeOutcome, { kind: 'body' | 'redirect' }>,
  url: string,
): RuleAnswer {
  if (outcome.kind !== 'failure') return failed({ code: 'network_error', message: 'cut to make room' }, null);
  const { failure, status } = outcome;
  const isMissing = status !== null && status >= 400 && status < 500 && status !== 429;
  // Other answers without a file are no refusal either.
  const isEmpty = failure.code === 'body_empty' || failure.code === 'http_status';
  return isMissing || isEmpty ? noFile(url) : failed(failure, status);
}

export const noFile = (url: string): RuleAnswer => ({ kind: 'file', url, at: Date.now(), body: null });

const failed = (failure: NamedFailure, status: number | null): RuleAnswer => ({
  kind: 'failed',
  failure,
  status,
});
