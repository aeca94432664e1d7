import { redactUrl } from '../../util/text/redact-url.ts';
import type { OpenedObject, ReadRange } from '../interface/object-backend.ts';
import { ObjectError } from '../interface/object-error.ts';
import type { ObjectEntry, ObjectReader, ReadOptions } from '../interface/object-reader.ts';
import { withAttempts } from '../steady/attempts.ts';
import { readSteadily } from '../steady/read-steadily.ts';
import { conditionFor, lengthOf, rangeOf, versionOf } from './answers.ts';
import { connectionFailed } from './failures.ts';
import { askFor, discard, toUrl, type WebAccess, type WebAnswer } from './request.ts';

/** For an answer without much of a body, redirects included. */
const HEAD_MS = 20_000;
/** For the length of a file that its server does not tell. */
const COUNT_MS = 600_000;

/**
 * Files of a web server. Keys are URLs without `base`, as they are written, with their queries. Only GET is used: signed
 * links are often good for nothing else.
 */
export class WebFiles implements ObjectReader {
  readonly #base: string;
  readonly #access: WebAccess;

  constructor(base: string, access: WebAccess) {
    this.#base = base;
    this.#access = access;
  }

  address(key = ''): string {
    return redactUrl(this.#base + key);
  }

  async *list(_prefix: string): AsyncGenerator<ObjectEntry> {
    yield* [];
    const remedy = 'name each file, or use a store that lists its files, such as s3:// or hf://';
    throw new ObjectError('refused', `a web server does not tell the names of its files; ${remedy}`);
  }

  async head(key: string): Promise<ObjectEntry | null> {
    const found = await withAttempts(HEAD_MS, (_, signal) => this.#head(key, signal));
    if (found === null) return null;
    const { bytes, ...rest } = found;
    return {
      ...rest,
      bytes: bytes ?? (await withAttempts(COUNT_MS, (_, signal) => this.#count(key, signal))),
    };
  }

  read(key: string, { offset = 0, length, version, signal }: ReadOptions = {}): AsyncIterable<Uint8Array> {
    const range = { offset, length: length ?? null, version: version ?? null };
    return readSteadily((each, stop) => this.#get(key, each, stop), range, signal ?? null);
  }

  async #head(
    key: string,
    signal: AbortSignal,
  ): Promise<(Omit<ObjectEntry, 'bytes'> & { readonly bytes: number | null }) | null> {
    const url = this.#url(key);
    const asked = { headers: { range: 'bytes=0-0' }, signal, expected: [404, 410, 416] };
    const answer = await askFor(url, this.#access, asked);
    discard(answer.body);
    const version = versionOf(answer);
    switch (answer.status) {
      case 404:
      case 410:
        return null;
      case 200:
        return { key, bytes: lengthOf(answer), version, isSequential: true };
    }
    const { total } = rangeOf(answer);
    if (total === null) throw unusable('it does not tell how long the file is');
    return { key, bytes: total, version };
  }

  async #get(
    key: string,
    { offset, length, version }: ReadRange,
    signal: AbortSignal,
  ): Promise<OpenedObject> {
    const url = this.#url(key);
    const isRange = offset > 0 || length !== null;
    const last = length === null ? '' : offset + length - 1;
    const headers = { ...(isRange && { range: `bytes=${offset}-${last}` }), ...conditionFor(version) };
    const answer = await askFor(url, this.#access, { headers, signal });
    const [isPart, found] = [answer.status === 206, versionOf(answer)];
    const problem =
      version !== null && version !== found
        ? new ObjectError('changed', 'the file has changed while it was read; run the same command again')
        : isPart && rangeOf(answer).start !== offset
          ? unusable('it sends another part of the file than it was asked for')
          : null;
    if (problem !== null) {
      answer.body.on('error', () => {}).destroy();
      throw problem;
    }
    // A server without ranges sends the whole file.
    const body = cut(wholeBody(url, answer), isPart ? 0 : offset, length ?? Number.POSITIVE_INFINITY);
    return { version: found, body };
  }

  async #count(key: string, signal: AbortSignal): Promise<number> {
    const { body } = await this.#get(key, { offset: 0, length: null, version: null }, signal);
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    return bytes;
  }

  #url(key: string): URL {
    const url = toUrl(this.#base + key);
    if (url === null) throw new ObjectError('refused', 'it is not a URL; check the address');
    return url;
  }
}

function unusable(what: string): ObjectError {
  return new ObjectError('refused', `the server cannot be read: ${what}; download the file and name that`);
}

/** The chunks of a body, of which none may be missing at the end. */
async function* wholeBody(url: URL, answer: WebAnswer): AsyncGenerator<Buffer> {
  let read = 0;
  try {
    for await (const chunk of answer.body) {
      read += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw connectionFailed(url, error);
  }
  const promised = lengthOf(answer);
  if (promised === null || read === promised) return;
  throw new ObjectError(
    'temporary',
    `the answer ended after ${read} of ${promised} bytes; run the same command again`,
  );
}

/** The bytes of a stream from `offset` on, `length` of them. */
async function* cut(chunks: AsyncIterable<Buffer>, offset: number, length: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of chunks) {
    const [from, to] = [Math.max(0, offset - at), Math.min(chunk.length, offset + length - at)];
    if (to > from) yield chunk.subarray(from, to);
    at += chunk.length;
    if (at >= offset + length) return;
  }
}
