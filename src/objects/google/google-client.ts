import { Agent, type Dispatcher, request } from 'undici';
import { connectionFailed } from '../https/failures.ts';
import { toUrl } from '../https/request.ts';
import { ObjectError } from '../interface/object-error.ts';
import { credentialsFailed, toGoogleError } from './google-error.ts';

type Variables = Readonly<Record<string, string | undefined>>;
type Headers = Readonly<Record<string, string>>;

export interface GoogleRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the API's address, escaped: `storage/v1/b/bucket/o`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Headers;
  readonly body?: Uint8Array | string;
  readonly bucket: string;
  readonly signal: AbortSignal;
}

/** Where requests go, and the headers that say who makes them. */
interface GoogleAccess {
  readonly root: string;
  authorize(): Promise<Headers>;
}

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
const CONNECT_MS = 10_000;
const IDLE_MS = 60_000;
const CONNECTIONS = 64;

const accesses = new Map<string, GoogleAccess>();
let connections: Agent | null = null;

/**
 * Makes one request of Google's JSON API with the credentials of the environment.
 * @throws ObjectError for any answer but 2xx, and without one
 */
export async function askGoogle(asked: GoogleRequest): Promise<Dispatcher.ResponseData> {
  const { method, path, query = {}, headers = {}, body, bucket, signal } = asked;
  const { root, authorize } = accessOf(process.env);
  const authorization = await authorize();
  const url = new URL(`${root}/${path}?${new URLSearchParams(query)}`);
  connections ??= new Agent({
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_MS },
    headersTimeout: IDLE_MS,
    bodyTimeout: IDLE_MS,
  });
  const answer = await request(url, {
    method,
    headers: { ...headers, ...authorization },
    dispatcher: connections,
    // Many requests may share a signal, and Node warns of many listeners.
    signal: AbortSignal.any([signal]),
    ...(body === undefined ? {} : { body }),
  }).catch((error: unknown) => {
    throw connectionFailed(url, error);
  });
  const { statusCode: status } = answer;
  if (status >= 200 && status < 300) return answer;
  const text = await answer.body.text().catch(() => '');
  const date = String(answer.headers['date'] ?? '');
  throw toGoogleError({ status, date, text, bucket, isSigned: 'authorization' in authorization });
}

/** The JSON of an answer. */
export async function askGoogleJson<T>(asked: GoogleRequest): Promise<T> {
  const { body } = await askGoogle(asked);
  try {
    return (await body.json()) as T;
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new ObjectError(
        'refused',
        'the store does not answer as Google does; check STORAGE_EMULATOR_HOST',
      );
    }
    throw new ObjectError('temporary', 'the connection broke; run the same command again', { cause: error });
  }
}

function accessOf(env: Variables): GoogleAccess {
  const emulator = env['STORAGE_EMULATOR_HOST'];
  const identity = JSON.stringify([emulator, env['GOOGLE_APPLICATION_CREDENTIALS']]);
  const access = accesses.get(identity) ?? (emulator ? emulated(emulator) : genuine());
  accesses.set(identity, access);
  return access;
}

function emulated(host: string): GoogleAccess {
  const root = (/^https?:\/\//i.test(host) ? host : `http://${host}`).replace(/\/+$/, '');
  if (toUrl(root) === null) {
    throw new ObjectError('refused', `STORAGE_EMULATOR_HOST is '${host}'; expected http://host:port`);
  }
  return { root, authorize: async () => ({}) };
}

/** Without any credentials, requests are those of everybody, for whom public buckets are there. */
function genuine(): GoogleAccess {
  const auth = import('google-auth-library').then(({ GoogleAuth }) => new GoogleAuth({ scopes: SCOPE }));
  const hasCredentials = auth.then((found) =>
    found.getApplicationDefault().then(
      () => true,
      (error: unknown) => {
        if (/could not load the default credentials/i.test(String(error))) return false;
        throw credentialsFailed(error);
      },
    ),
  );
  // Whoever asks first is told.
  hasCredentials.catch(() => {});
  return {
    root: 'https://storage.googleapis.com',
    authorize: async () => {
      if (!(await hasCredentials)) return {};
      try {
        return { ...(await (await auth).getRequestHeaders()) };
      } catch (error) {
        throw credentialsFailed(error);
      }
    },
  };
}
