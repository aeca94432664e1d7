import type { Dispatcher } from 'undici';
import type { FailureCode } from '../../core/failures.ts';
import { steadyNow } from '../../util/clock.ts';
import type { Connection } from '../connect/connection.ts';
import { FetchError } from '../connect/fetch-error.ts';
import type { HttpProxy } from '../connect/proxy.ts';
import type { HeldBody } from './body-budget.ts';
import { type BodyMemory, IncomingBody } from './body-memory.ts';
import {
  classifyError,
  classifyStatus,
  environmentFault,
  type NamedFailure,
  namedFailure,
} from './classify.ts';
import { readRetryAfter } from './retry-after.ts';
import { type OptOutPolicy, refusesUse } from './x-robots-tag.ts';

export interface ExchangeOptions {
  readonly userAgent: string;
  readonly optOut: OptOutPolicy;
  readonly maxBodyBytes: number;
  /** Where bodies are from, and must be given back to. */
  readonly memory: BodyMemory;
  /** What requests are to go through; null for none. */
  readonly proxy: HttpProxy | null;
  /** Time after which a body's pace tells whether it can end before the deadline. */
  readonly patienceMs: number;
  /** Told when the machine itself cannot go on; the exchange then never settles, so that no row is blamed. */
  readonly onBroken: (fault: Error) => void;
}

export interface Exchanged {
  readonly outcome: ExchangeOutcome;
  /** Bytes of the body that came in, used or not. */
  readonly received: number;
}

/** What one request and its answer came to. */
export type ExchangeOutcome =
  | { readonly kind: 'body'; readonly status: number; readonly headers: AnswerHeaders; readonly body: Buffer }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string | null }
  /** It was ended to make room for other bodies. */
  | { readonly kind: 'cut' }
  | {
      readonly kind: 'failure';
      readonly failure: NamedFailure;
      readonly status: number | null;
      /** What `Retry-After` asks for, milliseconds from now. */
      readonly retryAfterMs: number | null;
      /** Whether a server that had closed its idle connection explains it. */
      readonly stale: boolean;
    };

export interface AnswerHeaders {
  readonly contentType: string | null;
  /** Empty where there is none. */
  readonly contentEncoding: string;
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

const MAX_HEADER_COUNT = 200;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What a proxy says in its own name; a server behind it may, too, but seldom. */
const PROXY_STATUSES: ReadonlyMap<number, FailureCode> = new Map([
  [407, 'proxy_failed'],
  [502, 'proxy_refused'],
  [504, 'proxy_refused'],
]);
/** What may come in before the headers are complete: more than any need, and no endless prelude. */
const MAX_HEAD_BYTES = 256 * 1024;
/** How many times its size a body may take on the wire: chunks may be small, but not wrapped in extensions without end. */
const MAX_FRAMING = 2;
/** A refused answer up to this size is read to its end, so that the connection can serve the next request. */
const MAX_DISCARDED_BYTES = 32 * 1024;

/**
 * Sends one GET and judges the answer on its headers before any of the body is read. Never pauses the body: undici
 * 7.26 to 7.30 dies of an assertion when a server closes a paused connection (nodejs/undici#5360), so the body is
 * bounded by the connection's size limit instead. `deadlineMs` bounds everything from the name look-up to the last
 * byte.
 */
export function exchange(
  connection: Connection,
  url: URL,
  deadlineMs: number,
  options: ExchangeOptions,
  held: HeldBody,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    const until = steadyNow() + deadlineMs;
    const deadline = setTimeout(() => {
      handler.expire();
      void connection.destroy(new FetchError('deadline'));
    }, deadlineMs);
    const onBroken = (fault: Error): void => {
      clearTimeout(deadline);
      options.onBroken(fault);
    };
    const finish = (exchanged: Exchanged): void => {
      clearTimeout(deadline);
      resolve(exchanged);
    };
    // A tunnel hides the proxy; what is not encrypted goes to the proxy itself.
    const proxy = url.protocol === 'http:' ? options.proxy : null;
    const handler = new AnswerHandler(connection, until, { ...options, proxy, onBroken }, held, finish);
    connection.watch((bytes) => {
      const excess = handler.excess(bytes);
      if (excess !== null) void connection.destroy(new FetchError(excess));
    });
    held.receive(() => void connection.destroy(new FetchError('network_error')));
    connection.client.dispatch(
      {
        method: 'GET',
        path: proxy === null ? url.pathname + url.search : url.href,
        headers: {
          ...proxy?.headers,
          'user-agent': options.userAgent,
          'accept-encoding': 'identity',
          accept: 'image/*,*/*;q=0.5',
        },
      },
      handler,
    );
    connection.carried += 1;
  });
}

class AnswerHandler implements Dispatcher.DispatchHandler {
  /** Moment of the deadline. */
  readonly #until: number;
  readonly #options: ExchangeOptions;
  readonly #held: HeldBody;
  readonly #finish: (exchanged: Exchanged) => void;
  readonly #wasUsed: boolean;
  readonly #body: IncomingBody;
  #received = 0;
  /** What the server says the body's length is; NaN where it does not. */
  #announced = Number.NaN;
  #headersAt = 0;
  #status: number | null = null;
  #headers: AnswerHeaders = { contentType: null, contentEncoding: '' };
  /** Set once the headers have decided; what of the body still comes is thrown away. */
  #decided: ExchangeOutcome | undefined;

  constructor(
    connection: Connection,
    until: number,
    options: ExchangeOptions,
    held: HeldBody,
    finish: (exchanged: Exchanged) => void,
  ) {
    this.#until = until;
    this.#options = options;
    this.#body = new IncomingBody(options.memory);
    this.#held = held;
    this.#finish = finish;
    this.#wasUsed = connection.carried > 0;
  }

  /** What it means that so many bytes have come in; null as long as an honest answer may be so long. */
  excess(bytes: number): Extract<FailureCode, 'headers_too_large' | 'body_too_large'> | null {
    if (this.#status === null) return bytes > MAX_HEAD_BYTES ? 'headers_too_large' : null;
    return bytes > MAX_HEAD_BYTES + MAX_FRAMING * this.#options.maxBodyBytes ? 'body_too_large' : null;
  }

  /** No time is left: a redirect cannot be followed any more. */
  expire(): void {
    if (this.#decided?.kind === 'redirect') this.#decided = this.#failed(namedFailure('deadline'));
  }

  // undici tells by this method that the handler is of its current kind.
  onRequestStart(): void {}

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = {
      contentType: first(headers['content-type']),
      // Several headers are one list.
      contentEncoding: all(headers['content-encoding']).join(','),
    };
    this.#headersAt = steadyNow();
    this.#announced = Number(first(headers['content-length']) ?? Number.NaN);
    this.#decided = this.#judge(status, headers);
    if (this.#decided === undefined) return;
    if (!(this.#announced <= MAX_DISCARDED_BYTES)) controller.abort(new FetchError('network_error'));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#decided === undefined) this.#held.grow(this.#body.push(chunk, this.#announced));
    if (this.#isHopeless(steadyNow())) controller.abort(new FetchError('deadline'));
  }

  /** Whether the body, even at twice its pace, cannot end before the deadline: a drip need not be listened to so long. */
  #isHopeless(now: number): boolean {
    const elapsedMs = now - this.#headersAt;
    if (elapsedMs < this.#options.patienceMs) return false;
    return this.#announced - this.#received > ((2 * this.#received) / elapsedMs) * (this.#until - now);
  }

  onResponseEnd(): void {
    this.#end(
      this.#decided ??
        (this.#received === 0
          ? this.#failed(namedFailure('body_empty'))
          : { kind: 'body', status: this.#status ?? 0, headers: this.#headers, body: this.#body.take() }),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const broken = environmentFault(error);
    if (broken !== null) {
      this.#options.onBroken(broken);
      return;
    }
    if (this.#held.isCut) {
      this.#end({ kind: 'cut' });
      return;
    }
    const afterHeaders = this.#status !== null;
    this.#end(this.#decided ?? this.#failed(classifyError(error, afterHeaders)));
  }

  #end(outcome: ExchangeOutcome): void {
    this.#options.memory.giveBack(this.#body.take());
    this.#held.complete();
    this.#finish({ outcome, received: this.#received });
  }

  #judge(status: number, headers: RawHeaders): ExchangeOutcome | undefined {
    const count = Object.values(headers).reduce(
      (sum, value) => sum + (Array.isArray(value) ? value.length : 1),
      0,
    );
    if (count > MAX_HEADER_COUNT) return this.#failed(namedFailure('headers_too_large'));
    if (refusesUse(all(headers['x-robots-tag']), this.#options.optOut)) {
      return this.#failed(namedFailure('optout_x_robots'));
    }
    if (REDIRECTS.has(status)) return { kind: 'redirect', status, location: first(headers['location']) };
    const ofProxy = this.#options.proxy === null ? undefined : PROXY_STATUSES.get(status);
    if (ofProxy !== undefined) return this.#failed(namedFailure(ofProxy, `HTTP ${status}`));
    if (status < 200 || status >= 300) {
      return this.#failed(classifyStatus(status), readRetryAfter(first(headers['retry-after']), Date.now()));
    }
    if (status === 204 || status === 205) return this.#failed(namedFailure('body_empty'));
    return this.#announced > this.#options.maxBodyBytes
      ? this.#failed(namedFailure('body_too_large'))
      : undefined;
  }

  #failed(failure: NamedFailure, retryAfterMs: number | null = null): ExchangeOutcome {
    const stale = this.#wasUsed && this.#status === null && failure.code === 'connection_reset';
    return { kind: 'failure', failure, status: this.#status, retryAfterMs, stale };
  }
}

const all = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());
const first = (value: string | string[] | undefined): string | null => all(value)[0] ?? null;
