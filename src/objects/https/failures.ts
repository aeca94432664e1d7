import { ObjectError, type ObjectErrorCode } from '../interface/object-error.ts';

/** What an answer without a file says. */
export function refusal(status: number): ObjectError {
  const [code, reason, remedy] = REASONS[status] ?? byClass(status);
  return new ObjectError(code, `${reason} (HTTP ${status}); ${remedy}`);
}

const AGAIN = 'run the same command again when it does';

const REASONS: Readonly<Record<number, readonly [ObjectErrorCode, string, string]>> = {
  401: [
    'credentials',
    'the server wants credentials or does not accept these',
    'give them as https://user:password@host/…',
  ],
  403: ['denied', 'the server denies access', 'ask for access, or for a new link if this one is signed'],
  404: ['not_found', 'there is no such file', 'check the address'],
  407: [
    'credentials',
    'the proxy wants credentials or does not accept these',
    'give them as --proxy http://user:password@host:port',
  ],
  408: ['temporary', 'the server does not answer in time', AGAIN],
  410: ['not_found', 'the file was removed', 'check the address'],
  412: ['changed', 'the file has changed while it was read', 'run the same command again'],
  416: ['changed', 'the file is shorter than before', 'run the same command again'],
  425: ['temporary', 'the server does not answer yet', AGAIN],
  429: ['temporary', 'the server does not answer so many requests', AGAIN],
};

function byClass(status: number): readonly [ObjectErrorCode, string, string] {
  if (status >= 500) return ['temporary', 'the server does not answer as it should', AGAIN];
  return ['refused', 'the server does not answer with a file', 'check the address'];
}

/** What is wrong with a connection: it cannot be opened, broke, is too slow, or its certificate is not valid. */
export function connectionFailed({ host, hostname }: URL, error: unknown): ObjectError {
  if (error instanceof ObjectError) return error;
  const code = codeOf(rootOf(error));
  const cause = { cause: error };
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ISSUER|ERR_TLS/.test(code)) {
    const remedy = 'for a certificate authority of your own, set NODE_EXTRA_CA_CERTS to its file';
    return new ObjectError('refused', `the certificate of ${host} is not valid (${code}); ${remedy}`, cause);
  }
  if (/SSL|EPROTO/.test(code)) {
    return new ObjectError('refused', `${host} does not speak TLS (${code}); try http://`, cause);
  }
  if (code === 'ENOTFOUND') {
    return new ObjectError(
      'refused',
      `the name ${hostname} is not known (${code}); check the address`,
      cause,
    );
  }
  const [reason, remedy] = CONNECTION_REASONS[code]?.(host, hostname) ?? [
    `the connection to ${host} broke`,
    AGAIN.replace('it does', 'it works'),
  ];
  return new ObjectError('temporary', `${reason} (${code}); ${remedy}`, cause);
}

type Reason = (host: string, hostname: string) => readonly [string, string];

const silent: Reason = (host) => [`${host} does not answer`, AGAIN];

const CONNECTION_REASONS: Readonly<Record<string, Reason>> = {
  EAI_AGAIN: (_, name) => [`the name ${name} cannot be looked up`, 'check the network'],
  ECONNREFUSED: (host) => [`${host} refuses connections`, 'check the address, or start the server'],
  UND_ERR_CONNECT_TIMEOUT: silent,
  UND_ERR_HEADERS_TIMEOUT: silent,
  UND_ERR_BODY_TIMEOUT: (host) => [`${host} stopped sending`, AGAIN.replace('it does', 'it works')],
};

/** Errors may be wrapped; those of several addresses of one name come together. */
function rootOf(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  const isWrapped = error instanceof Error && codeOf(error) === 'Error' && error.cause !== undefined;
  return isWrapped ? rootOf(error.cause) : error;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'Error';
}
