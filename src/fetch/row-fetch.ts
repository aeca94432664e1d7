import { FAILURES, type FailureCode } from '../core/failures.ts';
import type { RightsSignal } from '../core/rights/signal.ts';
import { steadyNow } from '../util/clock.ts';
import { formatMinute } from '../util/text/units.ts';
import { circuitOf, recordRequest } from './breaker/circuits.ts';
import type { Connection } from './connect/connection.ts';
import { mayWait } from './hosts/backoff.ts';
import type { Visit } from './hosts/connections/open-visits.ts';
import type { Host } from './hosts/host.ts';
import type { Closure } from './hosts/host-record.ts';
import { signalOf } from './hosts/host-signal.ts';
import type { HeldBody } from './http/body-budget.ts';
import { type NamedFailure, namedFailure } from './http/classify.ts';
import { decodeContent } from './http/content-encoding.ts';
import { type ExchangeOptions, exchange } from './http/exchange.ts';
import type { ExchangeOutcome } from './http/exchange-outcome.ts';
import { getsOwnHeaders } from './own-headers.ts';
import { restConnection } from './rest-connection.ts';
import { bodiless } from './result.ts';
import { decideRetry } from './retry.ts';
import type { RowFetchOptions } from './row-fetch-options.ts';
import type { Row } from './row-state.ts';
import { RuleFetch } from './rule-fetch.ts';
import { MAX_RULE_BYTES } from './rules/rule-files.ts';
import { readStored } from './stores/read-stored.ts';
import { isStoreUrl } from './stores/store-url.ts';
import { parseTarget, type Target } from './target.ts';

/** A later attempt queues behind this many newer rows: other rows go first, but its shard need not stay open for long. */
const LATER_PASS_ROWS = 1_024;
/** As many redirects as Python's urllib follows, and so img2dataset. */
const MAX_REDIRECTS = 10;
/** Times that a body is requested again after it was cut to make room. */
const MAX_CUTS = 2;
/** Times that a row is requested again after its host dropped the request. */
const MAX_DROPS = 4;
const DROPPED_WAIT_MS = 1_000;

/** A request's host, and whether it dropped the request. */
interface Shown {
  readonly host: Host;
  readonly isDropped: boolean;
  /** What its headers said about the use of the image. */
  readonly signals: readonly RightsSignal[];
}

/**
 * The life of a row: an attempt is one or more requests along a redirect chain. Each request ends the row, follows a
 * redirect, or puts the row back into a queue for another attempt.
 */
export class RowFetch {
  readonly #options: RowFetchOptions;
  readonly #ruleExchange: ExchangeOptions;
  /** What becomes of rows that ask for the rules of their origins. */
  readonly rules: RuleFetch | undefined;

  constructor(options: RowFetchOptions) {
    this.#options = options;
    const { rules, settings: retry, portIsOpen, enqueue } = options;
    this.#ruleExchange = { ...options.exchange, rights: null, mostBytes: MAX_RULE_BYTES, heads: undefined };
    const fail = this.#fail.bind(this);
    const end = this.#end.bind(this);
    this.rules = rules && new RuleFetch({ ...rules, retry, portIsOpen, enqueue, fail, end });
  }

  /** Sends one request for a row and decides what comes next. Resolves when its connection is free or closed. */
  async request(row: Row, host: Host, visit: Visit): Promise<void> {
    const { settings, limits, bodies, pool, verdicts, addressOf } = this.#options;
    const { state, target } = row;
    const { question } = state;
    if (state.redirects === 0 && !row.isFresh && question === null) state.attempts += 1;
    const expectedBytes = limits.begin(visit.startedAt);
    // Reserved before anything is awaited, so that no other request starts on the same room.
    const held = bodies.begin();
    if (isStoreUrl(target.url)) return this.#requestStored(row, host, visit, expectedBytes, held);
    const address = addressOf(state.host);
    const connection = await pool.acquire({
      host: state.host,
      origin: target.url.origin,
      most: host.connectionLimit(visit.startedAt),
      isFresh: row.isFresh || row.isLenient,
      address: typeof address === 'string' ? address : undefined,
    });
    row.isFresh = false;
    visit.isBeside = connection.isBeside && connection.carried === 0;
    const spentMs = (question === null ? state.spentMs : 0) + steadyNow() - visit.startedAt;
    const leftMs = Math.max(1, settings.deadlineMs - spentMs);
    const options = question === null ? this.#options.exchange : this.#ruleExchange;
    const ownHeaders = getsOwnHeaders(state.firstUrl, target.url) ? settings.requestHeaders : {};
    const { outcome, received, signals, answeredMs } = await exchange(
      connection,
      target.url,
      leftMs,
      options,
      held,
      row.isLenient,
      ownHeaders,
    );
    const now = steadyNow();
    limits.end(expectedBytes, received);
    // A host is judged by how many URLs fail, and each row that asks it for its rules would ask for the same one.
    const url = question?.host === state.host ? question.url : state.url;
    const isDropped = host.learn(visit, url, signalOf(outcome), now);
    recordRequest(verdicts, state.host, failureCode(outcome), settings.proxy !== null);
    if (question === null) state.spentMs += now - visit.startedAt;
    const doubtMs =
      answeredMs === null ? 0 : restConnection(connection, host, answeredMs, now, this.#options);
    // The row does not wait for a server that is slow to close its side of a connection.
    const released = pool.release(connection, host.connectionLimit(now));
    const settle = () => this.#settle(row, outcome, { host, isDropped, signals }, connection, held);
    // The first answer on a connection cannot belong to another row.
    if (connection.carried <= 1) await settle();
    else this.#options.quarantine.hold(() => void settle(), doubtMs);
    await released;
  }

  /** The same for an object in a store, whose connections are those of the store. */
  async #requestStored(
    row: Row,
    host: Host,
    visit: Visit,
    expectedBytes: number,
    held: HeldBody,
  ): Promise<void> {
    const { outcome, received } = await readStored(row.target.url, held, this.#options);
    this.#options.limits.end(expectedBytes, received);
    host.learn(visit, row.state.url, signalOf(outcome), steadyNow());
    await this.#continue(row, outcome, { host, isDropped: false, signals: [] });
    held.release();
    this.#options.verdicts.recheck();
  }

  /** Ends a row whose host is closed. */
  refuse(row: Row, closure: Closure): void {
    const { code, cause, until } = closure;
    const { question } = row.state;
    if (question !== null && this.rules?.refuse(row, question, closure) === false) return;
    // Statistics count equal messages, so the moment is that of a minute.
    const moment = code === 'host_throttled' ? `; try again after ${formatMinute(until)}` : '';
    const message = `${FAILURES[code].summary} (${cause})${moment}`;
    this.#end(row, { code, message }, null, cause);
  }

  async #settle(
    row: Row,
    outcome: ExchangeOutcome,
    shown: Shown,
    connection: Connection,
    held: HeldBody,
  ): Promise<void> {
    if (connection.carried > 1 && this.#options.pool.hasStrayBytes(connection.host)) {
      if (outcome.kind === 'body') this.#options.memory.giveBack(outcome.body);
      this.#repeat(row);
    } else {
      if (shown.signals.length > 0) row.hear(shown.signals);
      await this.#continue(row, outcome, shown);
    }
    held.release();
    this.#options.verdicts.recheck();
  }

  async #continue(row: Row, outcome: ExchangeOutcome, { host, isDropped }: Shown): Promise<void> {
    const { question } = row.state;
    if (outcome.kind === 'failure' && outcome.stale) this.#repeat(row);
    else if (outcome.kind === 'failure' && outcome.failure.code === 'http_malformed' && !row.isLenient)
      this.#repeatLeniently(row);
    else if (question !== null) await this.rules?.answer(row, question, outcome);
    else if (outcome.kind === 'body') await this.#deliver(row, outcome);
    else if (outcome.kind === 'headers') row.resolve(bodiless(row.facts(outcome.status, null)));
    else if (outcome.kind === 'licence') this.rules?.askLinked(row, outcome.url, outcome.status);
    else if (outcome.kind === 'redirect') this.#redirect(row, outcome.status, outcome.location);
    else if (outcome.kind === 'cut') this.#cut(row);
    else if (outcome.failure.code === 'http_429' && this.#mayWait(row, host)) this.#tryLater(row);
    else if (isDropped && this.#mayRepeat(row)) this.#tryAgain(row, DROPPED_WAIT_MS);
    else this.#fail(row, outcome.failure, outcome.status);
  }

  /** Whether to request a row again that its host dropped. That costs no attempt, but happens only a few times. */
  #mayRepeat({ state }: Row): boolean {
    if (this.#options.settings.retries === 0 || state.drops >= MAX_DROPS) return false;
    state.drops += 1;
    state.attempts -= 1;
    return true;
  }

  #mayWait({ state }: Row, host: Host): boolean {
    state.refusals += 1;
    return mayWait(state.refusals, host.answers, this.#options.settings.retries);
  }

  /**
   * Puts a row back behind the next rows of its host, so that we do not ask the host only for a URL that always fails.
   */
  #tryLater(row: Row, waitMs = 0): void {
    row.order += LATER_PASS_ROWS;
    this.#tryAgain(row, waitMs);
  }

  #tryAgain(row: Row, waitMs: number): void {
    row.restart();
    this.#options.enqueue(row, waitMs);
  }

  /** Requests a body again that was cut to make room. That costs no attempt, but happens only a few times. */
  #cut(row: Row): void {
    const { state } = row;
    state.cuts += 1;
    if (state.cuts > MAX_CUTS) {
      const message = 'the body is larger than the memory that other bodies leave free';
      this.#end(row, { code: 'body_too_large', message }, null);
      return;
    }
    state.attempts -= 1;
    this.#tryLater(row);
  }

  async #deliver(row: Row, { body, headers, status }: ExchangeOutcome & { kind: 'body' }): Promise<void> {
    const { settings, memory } = this.#options;
    const decoded = await decodeContent(body, headers.contentEncoding, settings.maxBodyBytes);
    if (decoded !== body) memory.giveBack(body);
    if (typeof decoded === 'string') {
      this.#fail(row, namedFailure(decoded), status);
      return;
    }
    if (decoded.length === 0) {
      this.#fail(row, namedFailure('body_empty'), status);
      return;
    }
    if (decoded.length < settings.minBodyBytes) {
      memory.giveBack(decoded);
      this.#fail(row, namedFailure('body_too_small'), status);
      return;
    }
    const contentType = headers.contentType?.split(';')[0]?.trim().toLowerCase() ?? null;
    const facts = row.facts(status, decoded.length);
    const mayBeCut = headers.endsWithConnection && !row.state.isAgain;
    const again = mayBeCut && row.state.attempts <= settings.retries ? row.again() : null;
    row.resolve({ ok: true, body: decoded, contentType, again, facts });
  }

  /** The outcome may have nothing to do with the row: sends the same request at once on a new connection. */
  #repeat(row: Row): void {
    row.isFresh = true;
    this.#options.enqueue(row, 0);
  }

  /** Sends the same request on a connection of its own, where invalid HTTP can do no harm. */
  #repeatLeniently(row: Row): void {
    row.isLenient = true;
    this.#repeat(row);
  }

  #redirect(row: Row, status: number, location: string | null): void {
    row.state.redirects += 1;
    const next = this.#redirectTarget(row, location);
    if ('code' in next) {
      this.#fail(row, namedFailure(next.code), status);
      return;
    }
    const denied = this.#options.denyList?.refusesTarget(next, null) ?? null;
    if (denied !== null) {
      this.#fail(row, denied, status);
      return;
    }
    row.aim(next);
    this.#options.enqueue(row, 0);
  }

  #redirectTarget({ state }: Row, location: string | null): Target | { readonly code: FailureCode } {
    if (state.redirects > MAX_REDIRECTS) return { code: 'redirect_limit' };
    const next = location === null ? null : parseTarget(location, state.url);
    if (next === null || 'code' in next) return { code: 'redirect_invalid' };
    return this.#options.portIsOpen(next.port) ? next : { code: 'port_refused' };
  }

  #fail(row: Row, failure: NamedFailure, status: number | null): void {
    const { attempts, spentMs } = row.state;
    const delayMs = decideRetry({ failure, attempts }, this.#options.settings, Math.random());
    if (delayMs === null) this.#end(row, failure, status);
    // The delay counts from the start of the attempt: a silence of ten seconds was a pause.
    else this.#tryLater(row, Math.max(0, delayMs - spentMs));
  }

  /** Ends a row with a failure, once it is clear that this machine did not cause it. */
  #end(row: Row, failure: NamedFailure, status: number | null, cause: FailureCode = failure.code): void {
    const end = (): void => row.resolve({ ok: false, failure, facts: row.facts(status, null) });
    const circuit = circuitOf(cause);
    if (circuit === undefined) end();
    else this.#options.verdicts.release(circuit, end);
  }
}

function failureCode(outcome: ExchangeOutcome): FailureCode | null {
  return outcome.kind === 'failure' ? outcome.failure.code : null;
}
