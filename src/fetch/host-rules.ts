import type { FailureCode } from '../core/failures.ts';
import { decideRights } from '../core/rights/decide.ts';
import { MECHANISMS } from '../core/rights/mechanisms.ts';
import { OUR_TOKENS, type RightsPolicy } from '../core/rights/policies.ts';
import { type AskedFile, type RuleFile, readsLicences } from '../core/rights/rule-files.ts';
import type { RightsSignal } from '../core/rights/signal.ts';
import type { HostKey } from '../core/samples.ts';
import type { RobotNames } from '../rights/robots/robots-file.ts';
import type { HostRecord, KeptFile } from './hosts/host-record.ts';
import { type NamedFailure, namedFailure } from './http/classify.ts';
import type { LinkedLicence } from './http/header-signals.ts';
import type { Row } from './row-state.ts';
import { LicenceBook, licenceSignal } from './rules/licence-book.ts';
import { type KnownFile, knownFile, mustHaveRobots, unreachable } from './rules/origin-rules.ts';
import { RuleBook } from './rules/rule-book.ts';
import { type FileAnswer, noFile, type Question, ruleUrl } from './rules/rule-files.ts';
import { parseKnownUrl, parseTarget } from './target.ts';

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

type Asked = Pick<Question, 'origin' | 'file' | 'asked'>;

/** A file that is still to be asked for. */
interface Missing {
  readonly file: AskedFile;
  readonly url: string;
}

/**
 * The rules of origins (robots.txt and its like). The first row of an origin carries the question for them, as a request of
 * its own in the queue of its host; the others wait in that queue.
 */
export class HostRules {
  readonly #policy: RightsPolicy;
  readonly #names: RobotNames;
  readonly #book: RuleBook;
  readonly #licences = new LicenceBook();
  readonly #onFile: (file: KeptFile) => void;
  readonly #portIsOpen: (port: number) => boolean;
  /** Hosts that a row is asking for rules. */
  readonly #asked = new Set<HostKey>();

  /** Milliseconds from one request to the next, for hosts that ask for them. */
  readonly #delays = new Map<HostKey, number>();

  constructor(
    { policy, files, tokens }: HostRulesOptions,
    portIsOpen: (port: number) => boolean,
    onFile: (file: KeptFile) => void = () => {},
  ) {
    this.#onFile = onFile;
    this.#policy = policy;
    this.#portIsOpen = portIsOpen;
    const ours = [...new Set([...OUR_TOKENS, ...tokens.map((token) => token.toLowerCase())])];
    this.#names = { ours, others: OTHERS.filter((name) => !ours.includes(name)) };
    this.#book = new RuleBook(files);
  }

  /** Takes over the files that an earlier run has fetched; those that are too old are asked for again. */
  load(files: readonly KeptFile[]): void {
    for (const { origin, file, url, asked = url, at, body } of files) {
      const bytes = body === null ? null : Buffer.from(body, 'latin1');
      this.#take({ origin, file, asked }, { kind: 'file', url, at, body: bytes });
    }
  }

  /** Adds the files that the next run need not ask for to what it should know about hosts. */
  addFiles(known: readonly HostRecord[], isOwn: (host: HostKey) => boolean = () => true): HostRecord[] {
    const records = new Map(known.map(({ files: _, ...record }) => [record.host, record as HostRecord]));
    let bytes = 0;
    for (const kept of this.#kept()) {
      const { host } = parseKnownUrl(kept.origin);
      // What is known of licences of other fetchers' hosts, those know as well.
      if (!isOwn(host)) continue;
      bytes += kept.body?.length ?? 0;
      if (bytes > MAX_KEPT_BYTES) break;
      const record = records.get(host) ?? { host, closed: null, intervalMs: 0, meanMs: null };
      records.set(host, { ...record, files: [...(record.files ?? []), kept] });
    }
    return [...records.values()];
  }

  *#kept(): Generator<KeptFile> {
    for (const [asked, answer] of this.#licences.fresh())
      yield keptFile({ origin: '', file: 'rsl', asked }, answer);
    for (const [origin, { file, url, at, body }] of this.#book.fresh())
      yield keptFile({ origin, file, asked: url }, { kind: 'file', url, at, body });
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
    const missing = this.#missing(origin);
    if (missing === undefined) return;
    const { host } = row;
    row.ask(missing.file, origin, missing.url);
    if (!this.#book.hasFailed(origin)) this.#asked.add(host);
  }

  /** What is known of a licence: its answer, that another row asks for it, or that the caller is to ask. */
  licence(url: string): FileAnswer | 'asked' | 'missing' {
    const known = this.#licences.find(url);
    if (known !== undefined) return known.answer;
    return this.#licences.claim(url) ? 'missing' : 'asked';
  }

  /** The next file that the origin is to be asked for, after them the licences that its robots.txt names. */
  #missing(origin: string): Missing | undefined {
    const file = this.#book.missing(origin);
    if (file !== undefined) return { file, url: ruleUrl(file, origin) };
    if (!readsLicences(this.#policy)) return undefined;
    for (const robots of this.#book.known(origin) ?? []) {
      for (const license of robots.rules?.licenses ?? []) {
        const url = this.#licenceUrl(license, robots);
        if (url !== null && this.#licences.find(url) === undefined) return { file: 'rsl', url };
      }
    }
    return undefined;
  }

  /** The URL that a line `License:` or a header names; null if none can be asked for. */
  #licenceUrl(license: string, { url }: Pick<KnownFile, 'url'>): string | null {
    const target = parseTarget(license, url);
    return 'code' in target || !this.#portIsOpen(target.port) ? null : target.url.href;
  }

  #licenceSignals(robots: KnownFile, image: URL): RightsSignal[] {
    return (robots.rules?.licenses ?? []).flatMap((license) => {
      const url = readsLicences(this.#policy) ? this.#licenceUrl(license, robots) : null;
      const known = url === null ? undefined : this.#licences.find(url);
      return licenceSignal(license, known, image, robots.origin) ?? [];
    });
  }

  /** What is known of a licence that the answer from a URL names; undefined if the policy asks for none. */
  get linkedLicence(): ((address: string, base: string) => LinkedLicence) | undefined {
    if (!readsLicences(this.#policy)) return undefined;
    return (address, base) => {
      const url = this.#licenceUrl(address, { url: base });
      const known = url === null ? undefined : this.#licences.find(url);
      const signal = licenceSignal(address, known, parseKnownUrl(base).url, { source: base, at: Date.now() });
      return { missing: known === undefined ? url : null, signal };
    };
  }

  /** What ends a row before its request; null if nothing does, or the rules of its origin are not known yet. */
  refusal(row: Row): NamedFailure | null {
    const { origin, pathname, search } = row.target.url;
    const gone = this.#book.unreachable(origin);
    if (gone !== null) return this.#refusalBy(row, [gone]);
    if (row.clearedUrl === row.state.url) return null;
    const files = this.#missing(origin) === undefined ? this.#book.known(origin) : null;
    if (files === null) return null;
    row.clearedUrl = row.state.url;
    const signals = files.flatMap((file) => [
      ...(file.rules?.signalsFor(pathname + search) ?? []),
      ...this.#licenceSignals(file, row.target.url),
    ]);
    return signals.length === 0 ? null : this.#refusalBy(row, signals);
  }

  /** Takes over what an origin has answered now. */
  learn(asked: Asked, answer: FileAnswer): void {
    if (this.#take(asked, answer)) this.#onFile(keptFile(asked, answer));
  }

  /** Returns whether it is news. */
  #take({ origin, file, asked }: Asked, answer: FileAnswer): boolean {
    if (file === 'rsl') return this.#licences.learn(asked, answer);
    const known = knownFile(file, answer, this.#names);
    this.#book.learn(origin, known);
    const delayMs = Math.min(MAX_CRAWL_DELAY_MS, 1000 * (known.rules?.crawlDelay ?? 0));
    if (delayMs > 0) this.#delays.set(parseKnownUrl(origin).host, delayMs);
    return true;
  }

  /** The row need not ask its origin any more: another file may still be missing. */
  isComplete(origin: string): boolean {
    return this.#missing(origin) === undefined;
  }

  /** Nobody asks the host any more, whether or not its rules are known now. */
  release(host: HostKey): void {
    this.#asked.delete(host);
  }

  failed(origin: string): void {
    this.#book.failed(origin);
  }

  /** Whether rows of an origin end if the file cannot be had. */
  mustHave(file: AskedFile): boolean {
    return file === 'robots.txt' && mustHaveRobots(this.#policy);
  }

  /** The file could not be had as often as a row is tried: that ends the rows of the origin, or it counts as missing. */
  giveUp({ origin, file, asked }: Asked, cause: FailureCode): void {
    const missing = noFile(asked);
    if (file === 'rsl') this.#licences.learn(asked, missing, false);
    else if (this.mustHave(file)) this.#book.giveUp(origin, unreachable(asked, cause));
    else this.learn({ origin, file, asked }, missing);
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

/** A licence is kept for its own host, whichever origin has named it. */
function keptFile({ origin, file, asked }: Asked, { url, at, body }: FileAnswer): KeptFile {
  const text =
    body === null ? null : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  if (file !== 'rsl') return { origin, file, url, at, body: text };
  return { origin: new URL(asked).origin, file, asked, url, at, body: text };
}
