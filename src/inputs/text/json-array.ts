import { CappedBytes } from '../../util/capped-bytes.ts';
import type { JsonRecord } from './json-records.ts';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Splits a JSON array into its elements, one batch per chunk, without parsing them.
 * @param fail makes the error when there is no array, it does not end, or something follows it
 */
export async function* splitJsonArray(
  chunks: AsyncIterable<Buffer>,
  maxElementBytes: number,
  fail: (reason: string) => Error,
): AsyncGenerator<JsonRecord[]> {
  const splitter = new Splitter(maxElementBytes, fail);
  for await (const chunk of chunks) {
    const records = splitter.push(chunk);
    if (records.length > 0) yield records;
  }
  splitter.end();
}

class Splitter {
  readonly #held: CappedBytes;
  readonly #fail: (reason: string) => Error;
  #place: 'before' | 'inside' | 'after' = 'before';
  #count = 0;
  /** State of the current element: open brackets; whether it is in a string, after a backslash, more than blanks. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #blank = true;

  constructor(maxElementBytes: number, fail: (reason: string) => Error) {
    this.#held = new CappedBytes(maxElementBytes);
    this.#fail = fail;
  }

  push(chunk: Buffer): JsonRecord[] {
    const records: JsonRecord[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#place !== 'inside') {
        this.#outside(byte);
        start = at + 1;
      } else if (this.#endsElement(byte)) {
        this.#held.push(chunk.subarray(start, at));
        start = at + 1;
        records.push(...this.#take(byte));
      }
    }
    if (this.#place === 'inside') this.#held.push(chunk.subarray(start));
    return records;
  }

  end(): void {
    if (this.#place === 'before') throw this.#fail('it is empty');
    if (this.#place === 'inside') throw this.#fail(`it ends inside record ${this.#count + 1}`);
  }

  #outside(byte: number): void {
    if (isBlank(byte)) return;
    if (this.#place === 'after') throw this.#fail(`something follows the array of ${this.#count} records`);
    if (byte !== OPEN_BRACKET) throw this.#fail(`it begins with '${String.fromCharCode(byte)}'`);
    this.#place = 'inside';
  }

  /** Processes one byte of the array. Returns whether it is the comma or bracket after an element. */
  #endsElement(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) return true;
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth = Math.max(0, this.#depth - 1);
    if (this.#blank) this.#blank = isBlank(byte);
    return false;
  }

  #take(byte: number): JsonRecord[] {
    const bytes = this.#held.take();
    const isEmptyArray = byte === CLOSE_BRACKET && this.#blank && this.#count === 0;
    if (byte === CLOSE_BRACKET) this.#place = 'after';
    this.#blank = true;
    this.#depth = 0;
    if (isEmptyArray) return [];
    this.#count += 1;
    return [{ where: `record ${this.#count}`, bytes }];
  }
}
