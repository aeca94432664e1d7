import { signalsToKeep } from '../core/rights/decide.ts';
import type { AskedFile } from '../core/rights/rule-files.ts';
import type { RightsSignal } from '../core/rights/signal.ts';
import type { FetchFacts, HostKey } from '../core/samples.ts';
import type { FetchResult } from './result.ts';
import type { Question } from './rules/rule-files.ts';
import type { QueuedRow } from './schedule/host-queue.ts';
import { parseKnownUrl, type Target } from './target.ts';

/**
 * Everything that is known about a row on its way. Plain values: the handover to another fetcher sends it as it is, and
 * the other one resumes from it.
 */
export interface RowState {
  /** The row's place in the order of the index, which identifies it. */
  readonly index: number;
  /** Number of its shard. */
  readonly shard: number;
  /** The row's own URL. */
  readonly firstUrl: string;
  /** The URL of the next request: the row's own, or where a redirect leads. */
  url: string;
  /** The host of `url`. */
  host: HostKey;
  /** Redirects in the current attempt. */
  redirects: number;
  attempts: number;
  /** Times that the row was answered 429. */
  refusals: number;
  /** Attempts that did not count, because the host dropped them by chance or for want of a free connection. */
  drops: number;
  /** Times that its body was cut to make room for other bodies. */
  cuts: number;
  /** Licences that it was sent to ask for, because answers named them. */
  licences: number;
  /** Whether it was requested again because its body was not a complete image. */
  isAgain: boolean;
  /** Milliseconds of its deadline that the current attempt has used. */
  spentMs: number;
  /** Milliseconds to wait before the next request. */
  waitMs: number;
  /** The question for the rules of its origin that its next request asks; null if that is for its own URL. */
  question: Question | null;
  /** What was said about its use on the way so far. */
  signals: readonly RightsSignal[];
}

const AGAIN_WAIT_MS = 1_000;

/** A row in this fetcher: its state, and what cannot travel. */
export class Row implements QueuedRow {
  readonly state: RowState;
  readonly resolve: (result: FetchResult) => void;
  /** `state.url`, parsed. */
  target: Target;
  /** The row's place in the queue of its host. */
  order: number;
  /** Whether it needs a new connection, because a kept one was closed or brought stray bytes. */
  isFresh = false;
  /** Whether to accept invalid HTTP, because the server has already sent it for this URL. */
  isLenient = false;
  /** The URL that the rules of its origin are known to allow; null if none was compared with them so far. */
  clearedUrl: string | null = null;

  constructor(state: RowState, target: Target, resolve: (result: FetchResult) => void) {
    this.state = state;
    this.target = target;
    this.order = state.index;
    this.resolve = resolve;
  }

  get host(): HostKey {
    return this.state.host;
  }

  get shard(): number {
    return this.state.shard;
  }

  get asks(): boolean {
    return this.state.question !== null;
  }

  get attempts(): number {
    return this.state.attempts;
  }

  /** The next request goes to `target`. */
  aim(target: Target): void {
    this.isLenient = false;
    this.target = target;
    this.state.url = target.url.href;
    this.state.host = target.host;
  }

  /** Returns to the row's own URL, with the full deadline. */
  restart(): void {
    const { state } = this;
    if (state.url !== state.firstUrl) this.aim(parseKnownUrl(state.firstUrl));
    state.redirects = 0;
    state.spentMs = 0;
    state.question = null;
    state.signals = [];
  }

  /** The next request asks for a file of the rules of the row's origin. */
  ask(file: AskedFile, origin: string, asked: string): void {
    const { state } = this;
    const { host, url } = state;
    state.question = { file, asked, origin, host, url, redirects: 0, answer: null };
    this.aim(parseKnownUrl(asked));
  }

  hear(signals: readonly RightsSignal[]): void {
    this.state.signals = signalsToKeep([...this.state.signals, ...signals]);
  }

  /** The state from which the row is requested once more, a second from now. */
  again(): RowState {
    this.restart();
    return { ...this.state, isAgain: true, waitMs: AGAIN_WAIT_MS };
  }

  /** What the row's outcome says about the way to it. */
  facts(httpStatus: number | null, bytes: number | null): FetchFacts {
    const { url, attempts, signals } = this.state;
    const said = signals.length === 0 ? {} : { signals };
    const finalUrl = httpStatus === null ? null : url;
    return { httpStatus, finalUrl, attempts, bytes, mimeType: null, fetchedAt: Date.now(), ...said };
  }
}

/** The state of a row before its first request. */
export function startRow(index: number, shard: number, { url, host }: Target): RowState {
  const { href } = url;
  return {
    index,
    shard,
    firstUrl: href,
    url: href,
    host,
    redirects: 0,
    attempts: 0,
    refusals: 0,
    drops: 0,
    cuts: 0,
    licences: 0,
    isAgain: false,
    spentMs: 0,
    waitMs: 0,
    question: null,
    signals: [],
  };
}
