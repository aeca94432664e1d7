import type { Dispatcher } from 'undici';
import type { FailureCode } from '../../core/failures.ts';
import type { RightsSignal } from '../../core/rights/signal.ts';
import type { HostKey } from '../../core/samples.ts';
import { steadyNow } from '../../util/clock.ts';
import type { Connection } from '../connect/connection.ts';
import { FetchError } from '../connect/fetch-error.ts';
import type { HttpProxy } from '../connect/proxy.ts';
import type { HeldBody } from './body-budget.ts';
import { type BodyMemory, IncomingBody } from './body-memory.ts';
import {
  classifyError,
  classifyStatus,
  environmentError,
  type NamedFailure,
  namedFailure,
} from './classify.ts';
import type { AnswerHeaders, Exchanged, ExchangeOutcome } from './exchange-outcome.ts';
import type { HeadRequests } from './head-requests.ts';
import {
  type HeaderPolicy,
  headerSignals,
  missingLicence,
  type RawHeaders,
  refusalBy,
} from './header-signals.ts';
import { type Get, requestLeniently } from './lenient-request.ts';
import { readRetryAfter } from './retry-after.ts';

/** What all requests of a fetcher have in common. */
export interface ExchangeOptions {
  readonly userAgent: string;
  /** What headers about rights do; null if they are not read. */
  readonly rights: HeaderPolicy | null;
  readonly maxBodyBytes: number;
  /** How much of the body is wanted; undefined for all of it. */
  readonly mostBytes?: number;
  /** Set if only the headers of answers are wanted. */
  readonly heads?: HeadRequests | undefined;
  /** Provides the memory of bodies, which must be given back. */
  readonly memory: BodyMemory;
  /** The proxy that requests go through; null for none. */
  readonly proxy: HttpProxy | null;
  /** Longest silence, in milliseconds; after as long, the speed of a body shows whether it can end before the deadline. */
  readonly timeoutMs: number;
  /** Called when this machine cannot go on. The exchange then never settles, so that no row is blamed. */
  readonly onBroken: (error: Error) => void;
}

const MAX_HEADER_COUNT = 256;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const IMAGE_TYPE = /^image\//i;
/** Status codes by which a proxy speaks for itself; servers behind it rarely use them. */
const PROXY_STATUSES: ReadonlyMap<number, FailureCode> = new Map([
  [407, 'proxy_failed'],
  [502, 'proxy_refused'],
  [504, 'proxy_refused'],
]);
/**
 * Maximum bytes before the headers are complete: the largest headers, and room for early hints. In memory they can take 50
 * times as much.
 */
const MAX_HEAD_BYTES = 96 * 1024;
/** How many times its size a body may take on the wire: chunks may be small, but their extensions not endless. */
const MAX_FRAMING = 2;
/** An unwanted body up to this size is read to its end, so that the connection can serve the next request. */
const MAX_DISCARDED_BYTES = 32 * 1024;

/**
 * Sends one GET (or HEAD) and decides by the headers of the answer whether the body is wanted. Never pauses the body: undici 7.26
 * to 7.30 fails an assertion when a server closes a paused connection (nodejs/undici#5360). The connection's size limit
 * bounds the body instead. `deadlineMs` bounds everything from the name look-up to the last byte. `isLenient`: the
 * answer need not be valid HTTP; the connection must be new. `ownHeaders`: more of them, by their names in lower case.
 */
export function exchange(
  connection: Connection,
  url: URL,
  deadlineMs: number,
  options: ExchangeOptions,
  held: HeldBody,
  isLenient = false,
  ownHeaders: Get['headers'] = {},
): Promise<Exchanged> {
  return new Promise((resolve) => {
    const until = steadyNow() + deadlineMs;
    const deadline = setTimeout(() => {
      handler.expire();
      void connection.destroy(new FetchError('deadline'));
    }, deadlineMs);
    const onBroken = (error: Error): void => {
      clearTimeout(deadline);
      options.onBroken(error);
    };
    const finish = (exchanged: Exchanged): void => {
      clearTimeout(deadline);
      resolve(exchanged);
    };
    // A request through a tunnel does not see the proxy; an unencrypted one goes to the proxy itself.
    const proxy = url.protocol === 'http:' ? options.proxy : null;
    const method = isLenient ? 'GET' : (options.heads?.method(connection.host) ?? 'GET');
    const plan = { ...options, proxy, onBroken, method };
    const handler = new AnswerHandler(connection, url, until, plan, held, finish);
    connection.watch((bytes) => {
      const excess = handler.excess(bytes);
      if (excess !== null) void connection.destroy(new FetchError(excess));
    });
    held.receive(() => void connection.destroy(new FetchError('network_error')));
    const get = {
      path: proxy === null ? url.pathname + url.search : url.href,
      headers: {
        ...proxy?.headers,
        'user-agent': options.userAgent,
        'accept-encoding': 'identity',
        accept: 'image/*,*/*;q=0.5',
        ...ownHeaders,
      },
    };
    if (isLenient) requestLeniently(connection, url, get, options, handler);
    // undici would close a connection after HEAD, for servers that send a body nevertheless: stray bytes here.
    else connection.client.dispatch({ method, ...(method === 'HEAD' && { reset: false }), ...get }, handler);
    connection.carried += 1;
  });
}

class AnswerHandler implements Dispatcher.DispatchHandler {
  readonly #url: string;
  readonly #host: HostKey;
  /** Moment of the deadline. */
  readonly #until: number;
  readonly #options: ExchangeOptions & { readonly method: 'GET' | 'HEAD' };
  readonly #held: HeldBody;
  readonly #finish: (exchanged: Exchanged) => void;
  readonly #wasUsed: boolean;
  readonly #body: IncomingBody;
  #received = 0;
  #signals: readonly RightsSignal[] = [];
  /** The length of the body that the server announces; NaN without one. */
  #announced = Number.NaN;
  /** When undici sent the request; 0 if it did not. */
  #sentAt = 0;
  #headersAt = 0;
  #status: number | null = null;
  /** Whether the server says that it closes the connection. */
  #closes = false;
  #headers: AnswerHeaders = { contentType: null, contentEncoding: '', endsWithConnection: false };
  /** Set once the headers decide the outcome; the rest of the body is then discarded. */
  #decided: ExchangeOutcome | undefined;

  constructor(
    connection: Connection,
    { href }: URL,
    until: number,
    options: ExchangeOptions & { readonly method: 'GET' | 'HEAD' },
    held: HeldBody,
    finish: (exchanged: Exchanged) => void,
  ) {
    this.#url = href;
    this.#host = connection.host;
    this.#until = until;
    this.#options = options;
    this.#body = new IncomingBody(options.memory);
    this.#held = held;
    this.#finish = finish;
    this.#wasUsed = connection.carried > 0;
  }

  /** The failure if so many bytes are too many; null while an honest answer may be that long. */
  excess(bytes: number): Extract<FailureCode, 'headers_too_large' | 'body_too_large'> | null {
    if (this.#status === null) return bytes > MAX_HEAD_BYTES ? 'headers_too_large' : null;
    return bytes > MAX_HEAD_BYTES + MAX_FRAMING * this.#options.maxBodyBytes ? 'body_too_large' : null;
  }

  /** No time is left, not even to follow a redirect. */
  expire(): void {
    if (this.#decided?.kind === 'redirect') this.#decided = this.#failed(namedFailure('deadline'));
  }

  // undici recognises a handler of its current interface by this method.
  onRequestStart(): void {
    this.#sentAt = steadyNow();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = {
      contentType: first(headers['content-type']),
      // Several headers form one list.
      contentEncoding: all(headers['content-encoding']).join(','),
      endsWithConnection:
        headers['content-length'] === undefined && headers['transfer-encoding'] === undefined,
    };
    this.#closes = all(headers['connection']).some((value) => /\bclose\b/i.test(value));
    this.#headersAt = steadyNow();
    this.#announced = Number(first(headers['content-length']) ?? Number.NaN);
    this.#decided = this.#decide(status, headers);
    if (this.#decided === undefined || this.#options.method === 'HEAD') return;
    if (!(this.#announced <= MAX_DISCARDED_BYTES)) controller.abort(new FetchError('network_error'));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#decided === undefined) this.#held.grow(this.#body.push(chunk, this.#announced));
    if (this.#decided === undefined && this.#received >= (this.#options.mostBytes ?? Infinity)) {
      this.#decided = this.#whole();
      controller.abort(new FetchError('network_error'));
    } else if (this.#isHopeless(steadyNow())) controller.abort(new FetchError('deadline'));
  }

  /** Whether the body could not end before the deadline even at twice its current speed. A drip is then abandoned early. */
  #isHopeless(now: number): boolean {
    const elapsedMs = now - this.#headersAt;
    if (elapsedMs < this.#options.timeoutMs) return false;
    return this.#announced - this.#received > ((2 * this.#received) / elapsedMs) * (this.#until - now);
  }

  onResponseEnd(): void {
    this.#end(this.#decided ?? this.#whole());
  }

  #whole(): ExchangeOutcome {
    if (this.#received === 0) return this.#failed(namedFailure('body_empty'));
    return { kind: 'body', status: this.#status ?? 0, headers: this.#headers, body: this.#body.take() };
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const broken = environmentError(error);
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
    const wasSent = this.#headersAt > 0 && this.#sentAt > 0;
    const answeredMs = wasSent ? this.#headersAt - this.#sentAt : null;
    this.#finish({ outcome, received: this.#received, signals: this.#signals, answeredMs });
  }

  #decide(status: number, headers: RawHeaders): ExchangeOutcome | undefined {
    if (Object.values(headers).flat().length > MAX_HEADER_COUNT)
      return this.#failed(namedFailure('headers_too_large'));
    const { rights, heads, method } = this.#options;
    if (method === 'HEAD' && heads?.isRefused(this.#host, status))
      return { ...this.#failed(classifyStatus(status)), stale: true };
    // What is said beside an error page is about that page, which need not be where the image was.
    if (rights !== null && !(heads !== undefined && status >= 400)) {
      this.#signals = headerSignals(headers, rights, this.#url);
      const licence = status < 400 ? missingLicence(headers, rights, this.#url) : null;
      if (licence !== null) return { kind: 'licence', url: licence, status };
      const refusal = refusalBy(this.#signals, rights);
      if (refusal !== null) return this.#failed(refusal);
    }
    const isLeading = REDIRECTS.has(status) || status === 300;
    // Some servers send the image under a status that should lead to it.
    const isBody =
      isLeading && headers['location'] === undefined && IMAGE_TYPE.test(first(headers['content-type']) ?? '');
    if (REDIRECTS.has(status) && !isBody)
      return { kind: 'redirect', status, location: first(headers['location']) };
    const ofProxy = this.#options.proxy === null ? undefined : PROXY_STATUSES.get(status);
    if (ofProxy !== undefined) return this.#failed(namedFailure(ofProxy, `HTTP ${status}`));
    if (!isBody && (status < 200 || status >= 300)) {
      return this.#failed(classifyStatus(status), readRetryAfter(first(headers['retry-after']), Date.now()));
    }
    if (status === 204 || status === 205) return this.#failed(namedFailure('body_empty'));
    if (heads !== undefined) return { kind: 'headers', status };
    return this.#announced > this.#options.maxBodyBytes && this.#options.mostBytes === undefined
      ? this.#failed(namedFailure('body_too_large'))
      : undefined;
  }

  #failed(
    failure: NamedFailure,
    retryAfterMs: number | null = null,
  ): Extract<ExchangeOutcome, { kind: 'failure' }> {
    const stale = this.#wasUsed && this.#mayBeUnasked(failure.code);
    return { kind: 'failure', failure, status: this.#status, retryAfterMs, stale };
  }

  /** Some servers answer 400 or 408 and close when a connection is idle for too long. */
  #mayBeUnasked(code: FailureCode): boolean {
    if (code === 'connection_reset') return this.#status === null;
    if (code === 'http_400' || code === 'http_408') return this.#closes;
    return code === 'http_malformed';
  }
}

const all = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());
const first = (value: string | string[] | undefined): string | null => all(value)[0] ?? null;
