import { createHash } from 'node:crypto';
import { type RightsSignal, rawText } from '../../core/rights/signal.ts';
import { type RslFile, readRsl, rslAnswer } from '../../rights/files/rsl.ts';
import type { FileAnswer } from './rule-files.ts';

/** A copy is used for a day, as one of robots.txt; nobody asks for ten minutes where none could be had. */
const FRESH_MS = 86_400_000;
const UNREACHABLE_MS = 600_000;
/** How long others wait for a row that asks for a licence, before one of them asks, too. */
const CLAIM_MS = 30_000;
/** Licences remembered, and the bytes of their files. The oldest are forgotten first. */
const MAX_LICENCES = 20_000;
const MAX_BYTES = 64 * 2 ** 20;

/** The file of a licence, as far as it was had. */
export interface KnownLicence {
  readonly answer: FileAnswer;
  /** Null if it could not be had or read. */
  readonly file: RslFile | null;
  readonly sha256: string | null;
  /** Until when nobody asks for it again, in milliseconds since 1970. */
  readonly until: number;
}

/** The licences (RSL) that robots.txt of any origin or any answer names, by their URLs: each is asked for once. */
export class LicenceBook {
  readonly #licences = new Map<string, KnownLicence>();
  readonly #claims = new Map<string, number>();
  #bytes = 0;

  /** Undefined if it is still to be asked for. */
  find(url: string): KnownLicence | undefined {
    const known = this.#licences.get(url);
    return known !== undefined && known.until > Date.now() ? known : undefined;
  }

  /** Whether the caller is to ask for it now; false if another row does. */
  claim(url: string): boolean {
    const now = Date.now();
    if ((this.#claims.get(url) ?? 0) > now) return false;
    this.#claims.set(url, now + CLAIM_MS);
    return true;
  }

  /** Returns false if it has learnt the same answer before. */
  learn(url: string, answer: FileAnswer, isReached = true): boolean {
    const { at, body } = answer;
    // The fetcher of its host has learnt it, and now that of the origin.
    if (this.#licences.get(url)?.answer.at === at) return false;
    const bytes = body === null ? null : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const file = bytes === null ? null : readRsl(bytes);
    // What cannot be read is not kept: it may be long, and only that it exists counts.
    const kept = file === null ? null : bytes;
    const sha256 = kept === null ? null : createHash('sha256').update(kept).digest('hex');
    this.#forget(url);
    this.#claims.delete(url);
    const until = at + (isReached ? FRESH_MS : UNREACHABLE_MS);
    this.#licences.set(url, { answer: { ...answer, body: kept }, file, sha256, until });
    this.#bytes += kept?.length ?? 0;
    for (const [oldest] of this.#licences) {
      if (this.#licences.size <= MAX_LICENCES && this.#bytes <= MAX_BYTES) break;
      if (oldest !== url) this.#forget(oldest);
    }
    return true;
  }

  /** Licences that were had, or are known to be missing: what the next run need not ask for. */
  *fresh(): Generator<readonly [url: string, FileAnswer]> {
    const now = Date.now();
    for (const [url, { answer, until }] of this.#licences) {
      if (until > now && until === answer.at + FRESH_MS) yield [url, answer];
    }
  }

  #forget(url: string): void {
    this.#bytes -= this.#licences.get(url)?.answer.body?.length ?? 0;
    this.#licences.delete(url);
  }
}

/** What a licence that robots.txt names says about an image; one that was not read is recorded. */
export function licenceSignal(
  text: string,
  known: KnownLicence | undefined,
  image: URL,
  robots: Pick<RightsSignal, 'source' | 'at' | 'sha256'>,
): RightsSignal | null {
  const raw = rawText(`License: ${text}`);
  if (known?.file == null) return { mechanism: 'rsl', scope: 'origin', raw, verdict: 'record', ...robots };
  const said = rslAnswer(known.file, image);
  if (said === undefined || said.verdict === 'unknown') return null;
  const { url: source, at } = known.answer;
  const digest = known.sha256 === null ? {} : { sha256: known.sha256 };
  return { mechanism: 'rsl', scope: 'path', raw: said.raw, verdict: said.verdict, source, at, ...digest };
}
