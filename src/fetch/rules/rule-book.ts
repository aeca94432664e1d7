import { RULE_FILES, type RuleFile } from '../../core/rights/rule-files.ts';
import type { RightsSignal } from '../../core/rights/signal.ts';
import type { KnownFile } from './origin-rules.ts';

/** RFC 9309: a copy of robots.txt is used for at most a day. */
const FRESH_MS = 86_400_000;
/** How long an origin is left alone whose robots.txt could not be had. */
const UNREACHABLE_MS = 600_000;
/** Origins remembered: one that says nothing takes about 300 bytes. The one unused for the longest time is forgotten first. */
const MAX_ORIGINS = 200_000;
/** Bytes of the rules of all of them, by the length of their files. */
const MAX_BYTES = 64 * 2 ** 20;

interface Entry {
  readonly files: Map<RuleFile, KnownFile>;
  /** Why nothing of it may be fetched, and until when. */
  unreachable: { readonly signal: RightsSignal; readonly until: number } | null;
  hasFailed: boolean;
}

/** The rules of origins, as far as they were asked for. */
export class RuleBook {
  readonly #files: readonly RuleFile[];
  readonly #now: () => number;
  readonly #maxOrigins: number;
  /** The origin used last comes last. */
  readonly #origins = new Map<string, Entry>();
  #bytes = 0;

  constructor(files: readonly RuleFile[], { now = Date.now, maxOrigins = MAX_ORIGINS } = {}) {
    this.#files = RULE_FILES.filter((file) => files.includes(file));
    this.#now = now;
    this.#maxOrigins = maxOrigins;
  }

  /** The next file to ask the origin for; undefined if all of them are known. */
  missing(origin: string): RuleFile | undefined {
    const entry = this.#use(origin);
    if (entry === undefined) return this.#files[0];
    if (this.unreachable(origin) !== null) return undefined;
    return this.#files.find((file) => !this.#isFresh(entry.files.get(file)));
  }

  /** The files of the origin; null if one of them is still to be asked for. */
  known(origin: string): readonly KnownFile[] | null {
    const entry = this.#use(origin);
    if (entry === undefined || this.missing(origin) !== undefined) return null;
    return [...entry.files.values()];
  }

  /** Why nothing of the origin may be fetched; null if that is not so. */
  unreachable(origin: string): RightsSignal | null {
    const found = this.#origins.get(origin)?.unreachable ?? null;
    return found !== null && found.until > this.#now() ? found.signal : null;
  }

  learn(origin: string, file: KnownFile): void {
    const entry = this.#entry(origin);
    this.#bytes += bytesOf(file) - bytesOf(entry.files.get(file.file));
    entry.files.set(file.file, file);
    entry.unreachable = null;
    entry.hasFailed = false;
    this.#forget();
  }

  /** An origin could not be asked. From now on its rows ask beside each other, as if each fetched its own URL. */
  failed(origin: string): void {
    this.#entry(origin).hasFailed = true;
  }

  hasFailed(origin: string): boolean {
    return this.#origins.get(origin)?.hasFailed ?? false;
  }

  /** The origin could not be asked as often as a row is tried. */
  giveUp(origin: string, signal: RightsSignal): void {
    this.#entry(origin).unreachable = { signal, until: this.#now() + UNREACHABLE_MS };
    this.#forget();
  }

  /** All files that the next run may use, the origins used last first. */
  *fresh(): Generator<readonly [origin: string, KnownFile]> {
    for (const [origin, { files }] of [...this.#origins].reverse()) {
      for (const file of files.values()) if (this.#isFresh(file)) yield [origin, file];
    }
  }

  #isFresh(file: KnownFile | undefined): boolean {
    return file !== undefined && this.#now() - file.at < FRESH_MS;
  }

  #use(origin: string): Entry | undefined {
    const entry = this.#origins.get(origin);
    if (entry === undefined) return undefined;
    this.#origins.delete(origin);
    this.#origins.set(origin, entry);
    return entry;
  }

  #entry(origin: string): Entry {
    const known = this.#use(origin);
    if (known !== undefined) return known;
    const entry: Entry = { files: new Map(), unreachable: null, hasFailed: false };
    this.#origins.set(origin, entry);
    return entry;
  }

  #forget(): void {
    while (this.#origins.size > this.#maxOrigins || (this.#bytes > MAX_BYTES && this.#origins.size > 1)) {
      const [oldest] = this.#origins;
      if (oldest === undefined) return;
      this.#origins.delete(oldest[0]);
      for (const file of oldest[1].files.values()) this.#bytes -= bytesOf(file);
    }
  }
}

const bytesOf = (file: KnownFile | undefined): number => file?.body?.length ?? 0;
