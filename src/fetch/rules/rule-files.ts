import type { AskedFile, RuleFile } from '../../core/rights/rule-files.ts';
import type { HostKey } from '../../core/samples.ts';
import type { NamedFailure } from '../http/classify.ts';
import type { ExchangeOutcome } from '../http/exchange-outcome.ts';

/** A row's question for a file of an origin's rules, or a licence that they name. Plain values: it travels with the row. */
export interface Question {
  readonly file: AskedFile;
  /** Where it is asked for first. */
  readonly asked: string;
  /** The origin that the file is about, whatever hosts the way to it leads to. */
  readonly origin: string;
  readonly host: HostKey;
  /** The row's own URL, to which it returns. */
  readonly url: string;
  /** Redirects on the way to the file. */
  redirects: number;
  /** Whether the request for a licence is this row's own. */
  isSent?: boolean;
  answer: RuleAnswer | null;
}

/** `body` is null if there is no such file. */
export interface FileAnswer {
  readonly kind: 'file';
  readonly url: string;
  readonly at: number;
  readonly body: Uint8Array | null;
}

export type RuleAnswer =
  | FileAnswer
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

export const noFile = (url: string): FileAnswer => ({ kind: 'file', url, at: Date.now(), body: null });

const failed = (failure: NamedFailure, status: number | null): RuleAnswer => ({
  kind: 'failed',
  failure,
  status,
});
