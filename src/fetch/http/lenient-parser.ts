import type { FailureCode } from '../../core/failures.ts';
import { MAX_HEADER_BYTES } from '../connect/connection.ts';
import { FetchError } from '../connect/fetch-error.ts';

/** What the parser finds, in this order; `start` for the final answer only. */
export interface LenientSink {
  start(status: number, headers: Readonly<Record<string, string[]>>): void;
  data(piece: Buffer): void;
}

type State = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'complete';

/** Longest line with the size of a chunk, its extensions included. */
const MAX_SIZE_LINE_BYTES = 4_096;
const LINE_FEED = 10;

/**
 * Parses an answer that undici refuses, as browsers would read it. Only for a connection that carries a single request
 * and is closed afterwards: where two readings are possible, no other answer can be affected. `push` and `end` throw a
 * `FetchError` where there is no reading, or where the answer is cut short.
 */
export class LenientParser {
  readonly #sink: LenientSink;
  #state: State = 'head';
  /** Bytes that are not yet a complete head or line. */
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of heads so far, of informational answers, too. */
  #headBytes = 0;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;
  #received = 0;
  /** Lengths that the server announces, if they differ. */
  #announced: readonly number[] = [];

  constructor(sink: LenientSink) {
    this.#sink = sink;
  }

  get isComplete(): boolean {
    return this.#state === 'complete';
  }

  push(chunk: Buffer): void {
    let bytes: Buffer | null = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    while (bytes !== null && bytes.length > 0 && !this.isComplete) bytes = this.#step(bytes);
  }

  /** The server has closed its side. */
  end(): void {
    if (this.#state === 'head') {
      throw failed(this.#rest.length + this.#headBytes === 0 ? 'connection_reset' : 'http_malformed');
    }
    const isWhole =
      this.#state === 'until-close' &&
      (this.#announced.length === 0 || this.#announced.includes(this.#received));
    if (!isWhole && !this.isComplete) throw failed('body_truncated');
    this.#state = 'complete';
  }

  /** Takes what it can from the bytes. Returns the others; null if it needs more. */
  #step(bytes: Buffer): Buffer | null {
    if (this.#state === 'head') return this.#head(bytes);
    if (this.#state === 'chunk-size') return this.#chunkSize(bytes);
    const taken = this.#state === 'until-close' ? bytes : bytes.subarray(0, this.#left);
    this.#received += taken.length;
    this.#left -= taken.length;
    this.#sink.data(taken);
    if (this.#left === 0 && this.#state === 'length') this.#state = 'complete';
    if (this.#left === 0 && this.#state === 'chunk') this.#state = 'chunk-size';
    return bytes.subarray(taken.length);
  }

  #head(bytes: Buffer): Buffer | null {
    const text = bytes.toString('latin1');
    const blank = /^[\r\n]*/.exec(text)?.[0].length ?? 0;
    if (!'http/'.startsWith(text.slice(blank, blank + 5).toLowerCase())) throw failed('http_malformed');
    const end = /\n\r?\n/.exec(text.slice(blank));
    const length = blank + (end === null ? text.length : end.index + end[0].length);
    if (this.#headBytes + length > MAX_HEADER_BYTES) throw failed('headers_too_large');
    if (end === null) {
      this.#rest = bytes;
      return null;
    }
    this.#headBytes += length;
    this.#answer(text.slice(blank, length));
    return bytes.subarray(length);
  }

  #answer(head: string): void {
    const [first = '', ...lines] = head.replace(/(?:\r\n|\n|\r)[ \t]+/g, ' ').split(/\r\n|\n|\r/);
    const status = Number(/^http\/\d(?:\.\d)?[ \t]+0?(\d{3})(?!\S)/i.exec(first)?.[1]);
    if (!(status >= 100) || status === 101) throw failed('http_malformed');
    if (status < 200) return;
    const headers = readHeaders(lines);
    const lengths = readLengths(headers['content-length'] ?? []);
    const codings = (headers['transfer-encoding'] ?? []).flatMap((value) => value.toLowerCase().split(','));
    const applied = codings
      .map((coding) => coding.trim())
      .filter((coding) => !/^(?:identity)?$/.test(coding));
    if (applied.some((coding) => coding !== 'chunked')) throw failed('http_malformed');
    const [length] = lengths;
    delete headers['content-length'];
    if (applied.length > 0) this.#state = 'chunk-size';
    else if (lengths.length === 1 && length !== undefined) {
      headers['content-length'] = [String(length)];
      this.#left = length;
      this.#state = length === 0 ? 'complete' : 'length';
    } else {
      this.#announced = lengths;
      this.#state = 'until-close';
    }
    this.#sink.start(status, headers);
  }

  /** The line with the size of the next chunk; a blank line ends the chunk before it. */
  #chunkSize(bytes: Buffer): Buffer | null {
    const end = bytes.indexOf(LINE_FEED);
    if (bytes.length > MAX_SIZE_LINE_BYTES && (end === -1 || end > MAX_SIZE_LINE_BYTES))
      throw failed('http_malformed');
    if (end === -1) {
      this.#rest = bytes;
      return null;
    }
    const line = bytes.toString('latin1', 0, end).trim();
    if (line !== '') {
      const size = /^([0-9a-f]{1,12})\s*(?:;.*)?$/i.exec(line)?.[1];
      if (size === undefined) throw failed('http_malformed');
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'complete' : 'chunk';
    }
    return bytes.subarray(end + 1);
  }
}

const failed = (code: FailureCode): FetchError => new FetchError(code);

/** Lines without a colon or a name are left out. */
function readHeaders(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (name === '') continue;
    headers[name] ??= [];
    headers[name].push(line.slice(colon + 1).trim());
  }
  return headers;
}

/** The different lengths that are announced. A list, a plus sign and an empty value are other spellings. */
function readLengths(values: readonly string[]): readonly number[] {
  const texts = values.flatMap((value) => value.split(',')).map((text) => text.trim().replace(/^\+/, ''));
  const lengths = texts
    .filter((text) => text !== '')
    .map((text) => (/^\d{1,15}$/.test(text) ? Number(text) : NaN));
  if (lengths.some(Number.isNaN)) throw failed('http_malformed');
  return [...new Set(lengths)];
}
