import type { FailureCode } from '../core/failures.ts';
import { decideRights } from '../core/rights/decide.ts';
import { MECHANISMS } from '../core/rights/mechanisms.ts';
import { OUR_TOKENS, type RightsPolicy } from '../core/rights/policies.ts';
import type { RuleFile } from '../core/rights/rule-files.ts';
import type { RightsSignal } from '../core/rights/signal.ts';
import type { HostKey } from '../core/samples.ts';
import type { RobotNames } from '../rights/robots/robots-file.ts';
import type { HostRecord, KeptFile } from './hosts/host-record.ts';
import { type NamedFailure, namedFailure } from './http/classify.ts';
import type { Row } from './row-state.ts';
import { knownFile, mustHaveRobots, unreachable } from './rules/origin-rules.ts';
import { RuleBook } from './rules/rule-book.ts';
import { type RuleAnswer, ruleUrl } from './rules/rule-files.ts';
import { parseKnownUrl } from './target.ts';

/** Robots whose treatment is recorded. */
const OTHERS = ['ccbot', 'gptbot', 'google-extended'];
/** Crawl-delay, at most: as Nutch, which leaves such hosts alone. */
const MAX_CRAWL_DELAY_MS = 30_000;
/** Bytes of files that are kept for the next run. */
const MAX_KEPT_BYTES = 32 * 2 ** 20;

export interface HostRulesOptions {
  readonly policy: RightsPolicy;
  /** Files to ask each origin for. */
  readonly files: readonly RuleFile[];
  /** More names that we answer to. */
  readonly tokens: readonly string[];
}

/**
 * The rules of origins (robots.txt and its like). The first row of an origin carries the question for them, as a request of
 * its own in the queue of its host; the others wait in that queue.
 */
export class HostRules {
  readonly #policy: RightsPolicy;
  readonly #names: RobotNames;
  readonly #book: RuleBook;
  /** Hosts that a row is asking for rules. */
  readonly #asked = new Set<HostKey>();

  /** Milliseconds from one request to the next, for hosts that ask for them. */
  readonly #delays = new Map<HostKey, number>();

  constructor({ policy, files, tokens }: HostRulesOptions) {
    this.#policy = policy;
    const ours = [...new Set([...OUR_TOKENS, ...tokens.map((token) => token.toLowerCase())])];
    this.#names = { ours, others: OTHERS.filter((name) => !ours.includes(name)) };
    this.#book = new RuleBook(files);
  }

  /** Takes over the files that an earlier run has fetched; those that are too old are asked for again. */
  load(files: readonly KeptFile[]): void {
    for (const { origin, file, url, at, body } of files) {
      const bytes = body === null ? null : Buffer.from(body, 'latin1');
      this.learn(origin, file, { kind: 'file', url, at, body: bytes });
    }
  }

  /** Adds the files that the next run need not ask for to what it should know about hosts. */
  addFiles(known: readonly HostRecord[]): HostRecord[] {
    const records = new Map(known.map(({ files: _, ...record }) => [record.host, record as HostRecord]));
    let bytes = 0;
    for (const [origin, { file, url, at, body }] of this.#book.fresh()) {
      bytes += body?.length ?? 0;
      if (bytes > MAX_KEPT_BYTES) break;
      const { host } = parseKnownUrl(origin);
      const record = records.get(host) ?? { host, closed: null, intervalMs: 0, meanMs: null };
      const kept = { origin, file, url, at, body: body?.toString('latin1') ?? null };
      records.set(host, { ...record, files: [...(record.files ?? []), kept] });
    }
    return [...records.values()];
  }

  /** How far apart requests to the host should be, in milliseconds; undefined if it does not say. */
  delayMs(host: HostKey): number | undefined {
    return this.#delays.get(host);
  }

  /** Whether a row is asking the host for its rules. */
  isAsked(host: HostKey): boolean {
    return this.#asked.has(host);
  }

  /** Turns the row to the next file that its origin is still to be asked for, if there is one. */
  prepare(row: Row): void {
    if (row.state.question !== null) return;
    const { origin } = row.target.url;
    const file = this.#book.missing(origin);
    if (file === undefined) return;
    row.ask(file, origin, ruleUrl(file, origin));
    if (!this.#book.hasFailed(origin)) this.#asked.add(row.host);
  }

  /** What ends a row before its request; null if nothing does, or the rules of its origin are not known yet. */
  refusal(row: Row): NamedFailure | null {
    const { origin, pathname, search } = row.target.url;
    const gone = this.#book.unreachable(origin);
    if (gone !== null) return this.#refusalBy(row, [gone]);
    if (row.clearedUrl === row.state.url) return null;
    const files = this.#book.known(origin);
    if (files === null) return null;
    row.clearedUrl = row.state.url;
    const signals = files.flatMap(({ rules }) => rules?.signalsFor(pathname + search) ?? []);
    return signals.length === 0 ? null : this.#refusalBy(row, signals);
  }

  learn(origin: string, file: RuleFile, answer: RuleAnswer & { kind: 'file' }): void {
    const known = knownFile(file, answer, this.#names);
    this.#book.learn(origin, known);
    const delayMs = Math.min(MAX_CRAWL_DELAY_MS, 1000 * (known.rules?.crawlDelay ?? 0));
    if (delayMs > 0) this.#delays.set(parseKnownUrl(origin).host, delayMs);
  }

  /** The row need not ask its origin any more: another file may still be missing. */
  isComplete(origin: string): boolean {
    return this.#book.missing(origin) === undefined;
  }

  /** Nobody asks the host any more, whether or not its rules are known now. */
  release(host: HostKey): void {
    this.#asked.delete(host);
  }

  failed(origin: string): void {
    this.#book.failed(origin);
  }

  /** Whether rows of an origin end if the file cannot be had. */
  mustHave(file: RuleFile): boolean {
    return file === 'robots.txt' && mustHaveRobots(this.#policy);
  }

  /** The file could not be had as often as a row is tried: that ends the rows of the origin, or it counts as missing. */
  giveUp(origin: string, file: RuleFile, cause: FailureCode): void {
    const url = ruleUrl(file, origin);
    if (this.mustHave(file)) this.#book.giveUp(origin, unreachable(url, cause));
    else this.learn(origin, file, { kind: 'file', url, at: Date.now(), body: null });
  }

  /** How a row ends whose origin's robots.txt cannot be had. */
  unreachable(cause: string): NamedFailure {
    const { code, message } = namedFailure('robots_unreachable');
    return { code, message: `${message} (${cause})` };
  }

  #refusalBy(row: Row, signals: readonly RightsSignal[]): NamedFailure | null {
    row.hear(signals);
    const { by } = decideRights(signals, this.#policy);
    if (by === null || by.verdict === 'allow') return null;
    const { failure } = MECHANISMS[by.mechanism];
    return failure === 'robots_unreachable' ? this.unreachable(by.raw) : namedFailure(failure);
  }
}
