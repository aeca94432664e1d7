import { type Dispatcher, request } from 'undici';
import { redactUrl } from '../../util/text/redact-url.ts';
import { ObjectError } from '../interface/object-error.ts';
import { connectionFailed, refusal } from './failures.ts';

const MAX_REDIRECTS = 10;

/** How a web server is asked. */
export interface WebAccess {
  readonly dispatcher: Dispatcher;
  /** Headers for the origin of the first URL only, such as `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: WebHeaders;
  readonly body: Dispatcher.ResponseData['body'];
  /** Headers of the last answer of the first URL's origin, which are others after a redirect to another. */
  readonly ownHeaders: WebHeaders;
}

type WebHeaders = Readonly<Record<string, string | string[] | undefined>>;

interface WebRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Statuses beside 200 and 206 that are answers, too. */
  readonly expected?: readonly number[];
}

/**
 * Asks for a URL once, following redirects. Credentials of the URL and the headers of `access` go to its origin alone,
 * never to that of a redirect.
 * @throws ObjectError for any other answer than a file, and if the server cannot be reached
 */
export async function askFor(url: URL, access: WebAccess, asked: WebRequest): Promise<WebAnswer> {
  const { headers, signal, expected = [] } = asked;
  let target = url;
  let ownHeaders: WebHeaders = {};
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const isHome = target.origin === url.origin;
    const answer = await send(target, access.dispatcher, signal, {
      'accept-encoding': 'identity',
      ...headers,
      ...(isHome ? { ...basicAuthorization(url), ...access.headers } : {}),
    });
    const { status, body } = answer;
    if (isHome) ownHeaders = answer.headers;
    if (status === 200 || status === 206 || expected.includes(status)) return { ...answer, ownHeaders };
    discard(body);
    const location = answer.headers['location'];
    if (status < 300 || status >= 400 || location === undefined) throw refusal(status);
    target = redirectTarget(target, String(location));
  }
  throw new ObjectError('refused', `it redirects more than ${MAX_REDIRECTS} times; name the final address`);
}

async function send(
  target: URL,
  dispatcher: Dispatcher,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<Omit<WebAnswer, 'ownHeaders'>> {
  const plain = new URL(target);
  plain.username = '';
  plain.password = '';
  plain.hash = '';
  try {
    const answer = await request(plain, { method: 'GET', headers, dispatcher, signal });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFailed(plain, error);
  }
}

function redirectTarget(from: URL, location: string): URL {
  const target = toUrl(location, from);
  if (target?.protocol === 'https:' || (target?.protocol === 'http:' && from.protocol === 'http:')) {
    return target;
  }
  const place = target === null ? 'what is not a URL' : `'${redactUrl(target.href)}'`;
  throw new ObjectError('refused', `it redirects to ${place}; expected a URL that begins with https://`);
}

/** `new URL` without its exception; null for what is not one. */
export function toUrl(text: string, base?: URL): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { authorization: `Basic ${credentials.toString('base64')}` };
}

/** Ends an answer whose body nobody reads; a short one is read, so that its connection can be used again. */
export function discard(body: WebAnswer['body']): void {
  body.on('error', () => {});
  body.dump({ limit: 16 * 1024 }).catch(() => {});
}
