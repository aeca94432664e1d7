import { FAILURES } from '../core/failures.ts';
import { rawText } from '../core/rights/signal.ts';
import type { HostKey } from '../core/samples.ts';
import type { HostRules } from './host-rules.ts';
import { mayWait } from './hosts/backoff.ts';
import type { Closure } from './hosts/host-record.ts';
import { type NamedFailure, namedFailure } from './http/classify.ts';
import { decodeContent } from './http/content-encoding.ts';
import type { ExchangeOutcome } from './http/exchange-outcome.ts';
import { decideRetry, type RetryPolicy } from './retry.ts';
import type { Row } from './row-state.ts';
import {
  answerWithoutBody,
  MAX_RULE_BYTES,
  MAX_RULE_REDIRECTS,
  noFile,
  type Question,
  type RuleAnswer,
  ruleUrl,
} from './rules/rule-files.ts';
import { isStoreUrl } from './stores/store-url.ts';
import { parseKnownUrl, parseTarget } from './target.ts';

export interface RuleFetchOptions {
  readonly rules: HostRules;
  readonly retry: RetryPolicy;
  readonly portIsOpen: (port: number) => boolean;
  readonly isOwn: (host: HostKey) => boolean;
  /** Puts a row into the queue of its host, here or in the fetcher that the host belongs to. */
  readonly enqueue: (row: Row, waitMs: number) => void;
  /** Lets the rows of a host start, or ends those that do not stay. */
  readonly review: (host: HostKey, stays: (row: Row) => boolean) => void;
  /** Requests to the host at least so far apart. */
  readonly slowDown: (host: HostKey, delayMs: number) => void;
  /** Ends an attempt of a row, and the row if it was the last one. */
  readonly fail: (row: Row, failure: NamedFailure, status: number | null) => void;
  readonly end: (row: Row, failure: NamedFailure, status: number | null) => void;
}

/** So that the frontier does not start it within the start of another row. */
const ASIDE_MS = 1;
/** How often a row looks whether the licence is there that another row asks for. */
const LICENCE_WAIT_MS = 250;
/** Licences that a row asks for because answers to it name them. */
const MAX_LICENCES = 3;

/** What becomes of a row that carries a question for the rules of its origin, until it asks for its own URL. */
export class RuleFetch {
  readonly #options: RuleFetchOptions;

  constructor(options: RuleFetchOptions) {
    this.#options = options;
  }

  /** Whether the row may wait in the queue of its host. If not, it has been ended, or its answer is being used. */
  admit(row: Row): boolean {
    if (isStoreUrl(row.target.url)) return true;
    const { question } = row.state;
    if (question?.answer) {
      this.#conclude(row, question, question.answer);
      return false;
    }
    return question !== null || this.#stays(row);
  }

  /** A row is about to start: it asks for the rules of its origin first. Returns false if they have ended it instead. */
  start(row: Row): boolean {
    const { question } = row.state;
    if (question?.file === 'rsl') return this.#startLicence(row, question);
    // Stores have no rules but those of their credentials.
    if (question !== null || isStoreUrl(row.target.url)) return true;
    if (!this.#stays(row)) return false;
    const { rules, slowDown, enqueue } = this.#options;
    const { host } = row;
    const delayMs = rules.delayMs(host);
    if (delayMs !== undefined) slowDown(host, delayMs);
    rules.prepare(row);
    const asks: Question | null = row.state.question;
    if (asks?.file !== 'rsl') return true;
    // A licence may be at another host: its queue sends the row there.
    enqueue(row, ASIDE_MS);
    return false;
  }

  /** Of the rows that ask for a licence here, one is sent; the others wait for its answer. */
  #startLicence(row: Row, question: Question): boolean {
    // A redirect, or a repetition, is the request of the row that asks.
    if (row.state.url !== question.asked || question.isSent) return true;
    const known = this.#options.rules.licence(question.asked);
    if (known === 'missing') {
      question.isSent = true;
      return true;
    }
    if (known === 'asked') this.#options.enqueue(row, LICENCE_WAIT_MS);
    else {
      question.answer = known;
      row.aim(parseKnownUrl(question.url));
      this.#options.enqueue(row, 0);
    }
    return false;
  }

  /**
   * An answer to the row names a licence: the row asks for it, and then for the same URL again, at no attempt. A site that
   * names ever other licences is not followed: that counts as one that was not read.
   */
  askLinked(row: Row, license: string, status: number): void {
    const { state, target } = row;
    if (state.licences === MAX_LICENCES) {
      const said = { mechanism: 'rsl', scope: 'answer', raw: rawText(license), verdict: 'record' } as const;
      row.hear([{ ...said, source: state.url, at: Date.now() }]);
      this.#options.end(row, namedFailure('optout_license'), status);
      return;
    }
    state.licences += 1;
    if (state.redirects === 0) state.attempts -= 1;
    row.ask('rsl', target.url.origin, license);
    this.#options.enqueue(row, 0);
  }

  /** A request with a question is over. */
  async answer(row: Row, question: Question, outcome: ExchangeOutcome): Promise<void> {
    if (outcome.kind === 'redirect') this.#redirect(row, question, outcome.location);
    else if (outcome.kind === 'body') {
      const { url } = row.state;
      const decoded = await decodeContent(outcome.body, outcome.headers.contentEncoding, 2 * MAX_RULE_BYTES);
      // A file that cannot be read has no rules.
      if (typeof decoded === 'string' || decoded.length === 0) this.#return(row, question, noFile(url));
      else {
        const body = new Uint8Array(decoded.subarray(0, MAX_RULE_BYTES));
        this.#return(row, question, { kind: 'file', url, at: Date.now(), body });
      }
    } else this.#return(row, question, answerWithoutBody(outcome, row.state.url));
  }

  /** A host on the way is closed. Returns whether the row ends with that, because the host is its own. */
  refuse(row: Row, question: Question, { cause }: Closure): boolean {
    if (row.host !== question.host) {
      this.#return(row, question, { kind: 'failed', failure: namedFailure(cause), status: null });
      return false;
    }
    const { rules } = this.#options;
    if (question.file === 'rsl') rules.giveUp(question, cause);
    rules.release(question.host);
    row.state.question = null;
    return true;
  }

  #redirect(row: Row, question: Question, location: string | null): void {
    const { url } = row.state;
    const next = location === null ? null : parseTarget(location, url);
    question.redirects += 1;
    const isUsable = next !== null && !('code' in next) && this.#options.portIsOpen(next.port);
    // RFC 9309: what takes more redirects may count as missing.
    if (!isUsable || question.redirects > MAX_RULE_REDIRECTS) this.#return(row, question, noFile(url));
    else {
      row.aim(next);
      this.#options.enqueue(row, 0);
    }
  }

  /** Brings the answer to the fetcher of the origin's host. */
  #return(row: Row, question: Question, answer: RuleAnswer): void {
    const { origin } = row.target.url;
    // Where a redirect has led, the file is the origin's own as well.
    const { file, asked } = question;
    const isOwn = this.#options.isOwn(row.host);
    if (file === 'rsl') this.#learnLicence(question, answer);
    else if (answer.kind === 'file' && origin !== question.origin && isOwn) {
      if (answer.url === ruleUrl(file, origin)) this.#options.rules.learn({ origin, file, asked }, answer);
    }
    question.answer = answer;
    row.aim(parseKnownUrl(question.url));
    this.#options.enqueue(row, 0);
  }

  /** Rows of other origins may wait here for the same licence. */
  #learnLicence(question: Question, answer: RuleAnswer): void {
    const { rules } = this.#options;
    if (answer.kind === 'file') rules.learn(question, answer);
    else rules.giveUp(question, answer.failure.code);
  }

  #conclude(row: Row, question: Question, answer: RuleAnswer): void {
    const { rules, enqueue } = this.#options;
    row.state.question = null;
    if (answer.kind === 'failed') {
      this.#failed(row, question, answer);
      return;
    }
    rules.learn(question, answer);
    const isComplete = rules.isComplete(question.origin);
    if (!isComplete) rules.prepare(row);
    enqueue(row, 0);
    // With the row back in the queue, so that it goes on over the connection that the rules came by.
    if (isComplete) this.#release(question.host);
  }

  /** Nobody asks the host any more: its rows may start. */
  #release(host: HostKey): void {
    this.#options.rules.release(host);
    this.#options.review(host, (row) => row.state.question !== null || this.#stays(row));
  }

  #stays(row: Row): boolean {
    const failure = this.#options.rules.refusal(row);
    if (failure !== null) this.#options.end(row, failure, null);
    return failure === null;
  }

  /**
   * The file could not be had: an attempt of the row has failed. If nothing was reached, it fails as its own request would
   * have. Else the file is to blame, and with it all rows of the origin after the row's last attempt.
   */
  #failed(row: Row, question: Question, { failure, status }: RuleAnswer & { kind: 'failed' }): void {
    const { rules, retry, fail, enqueue } = this.#options;
    const { host, origin, file } = question;
    const { state } = row;
    if (file === 'rsl') {
      rules.giveUp(question, failure.code);
      this.#release(host);
      enqueue(row, 0);
      return;
    }
    const isReached = !['address', 'connect'].includes(FAILURES[failure.code].stage) || row.host !== host;
    rules.failed(origin);
    if (isReached && !rules.mustHave(file)) {
      rules.giveUp(question, failure.code);
      this.#release(host);
      enqueue(row, 0);
      return;
    }
    if (failure.code === 'http_429') state.refusals += 1;
    const isWaiting = failure.code === 'http_429' && mayWait(state.refusals, 1, retry.retries);
    if (state.redirects === 0 && !isWaiting) state.attempts += 1;
    const named = isReached ? rules.unreachable(failure.code) : failure;
    const isLast = decideRetry({ failure: named, attempts: state.attempts }, retry, 0) === null;
    if (isReached && isLast) rules.giveUp(question, failure.code);
    this.#release(host);
    fail(row, named, status);
  }
}
