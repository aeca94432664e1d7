import { CappedBytes } from '../../util/capped-bytes.ts';
import type { JsonRecord } from './json-records.ts';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** A JSON container: what is between its brackets are values, or members such as `"url": "a"`. */
export type Container = 'list' | 'object';

/**
 * Splits a JSON list into its values, or an object into its members, one batch per chunk, without parsing them.
 * @param fail makes the error when the container does not begin or end, or something follows it
 */
export async function* splitItems(
  chunks: AsyncIterable<Buffer>,
  container: Container,
  maxItemBytes: number,
  fail: (reason: string) => Error,
): AsyncGenerator<JsonRecord[]> {
  const splitter = new Splitter(container, maxItemBytes, fail);
  for await (const chunk of chunks) {
    const records = splitter.push(chunk);
    if (records.length > 0) yield records;
  }
  splitter.end();
}

/** The values of a JSON list in memory; null if it is none. */
export const splitList = (bytes: Buffer): readonly Buffer[] | null => splitBuffer(bytes, 'list');

/** The members of a JSON object in memory; null if it is none. */
export const splitMembers = (bytes: Buffer): readonly Buffer[] | null => splitBuffer(bytes, 'object');

function splitBuffer(bytes: Buffer, container: Container): readonly Buffer[] | null {
  const malformed = new Error();
  const splitter = new Splitter(container, bytes.length, () => malformed);
  try {
    const records = splitter.push(bytes);
    splitter.end();
    return records.flatMap((record) => record.bytes ?? []);
  } catch (error) {
    if (error === malformed) return null;
    throw error;
  }
}

/** Length of the key of a member, with its quotes and the blanks in front of them. */
export function keyLength(member: Buffer): number {
  let end = member.indexOf(QUOTE) + 1;
  for (; end < member.length && member[end] !== QUOTE; end += 1) if (member[end] === BACKSLASH) end += 1;
  return end + 1;
}

/** The text of a key with its quotes. */
export function decodeKey(key: Buffer): string {
  const text = key.toString('utf8').trim();
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

class Splitter {
  readonly #held: CappedBytes;
  readonly #fail: (reason: string) => Error;
  readonly #opening: number;
  readonly #closing: number;
  #place: 'before' | 'inside' | 'after' = 'before';
  #count = 0;
  /** State of the current item: open brackets; whether it is in a string, after a backslash, more than blanks. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #blank = true;

  constructor(container: Container, maxItemBytes: number, fail: (reason: string) => Error) {
    [this.#opening, this.#closing] =
      container === 'list' ? [OPEN_BRACKET, CLOSE_BRACKET] : [OPEN_BRACE, CLOSE_BRACE];
    this.#held = new CappedBytes(maxItemBytes);
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
      } else if (this.#endsItem(byte)) {
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
    if (byte !== this.#opening) throw this.#fail(`it begins with '${String.fromCharCode(byte)}'`);
    this.#place = 'inside';
  }

  /** Processes one byte of the container. Returns whether it is the comma or bracket after an item. */
  #endsItem(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (this.#depth === 0 && (byte === COMMA || byte === this.#closing)) return true;
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#depth = Math.max(0, this.#depth - 1);
    if (this.#blank) this.#blank = isBlank(byte);
    return false;
  }

  #take(byte: number): JsonRecord[] {
    const bytes = this.#held.take();
    const isEmpty = byte === this.#closing && this.#blank && this.#count === 0;
    if (byte === this.#closing) this.#place = 'after';
    this.#blank = true;
    this.#depth = 0;
    if (isEmpty) return [];
    this.#count += 1;
    return [{ where: `record ${this.#count}`, bytes }];
  }
}
