import { STATUS_CODES } from 'node:http';
import { EXIT, toMemoryError, UserError } from '../../core/errors.ts';
import { FAILURES, type FailureCode, isFailureCode } from '../../core/failures.ts';
import { errorCode } from '../../util/files/errno.ts';
import { isBadAnswer } from '../connect/connection.ts';
import { FetchError } from '../connect/fetch-error.ts';

const CODES: Readonly<Record<string, FailureCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  ETIMEDOUT: 'connect_timeout',
  ECONNREFUSED: 'connect_refused',
  EHOSTUNREACH: 'connect_unreachable',
  ENETUNREACH: 'connect_unreachable',
  EADDRNOTAVAIL: 'connect_unreachable',
  EHOSTDOWN: 'connect_unreachable',
  ENETDOWN: 'connect_unreachable',
  // The answer of a firewall on this machine.
  EACCES: 'connect_unreachable',
  EPERM: 'connect_unreachable',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'headers_too_large',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'body_too_large',
  ECONNRESET: 'connection_reset',
  ECONNABORTED: 'connection_reset',
  EPIPE: 'connection_reset',
  EPROTO: 'tls_failed',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'connect_timeout',
};

const MACHINE_ERRORS: Readonly<Record<string, string>> = {
  EMFILE: "the limit of open files is reached; raise it with 'ulimit -n' or lower --concurrency",
  ENFILE: 'the machine has too many open files; close other programs or lower --concurrency',
  ENOBUFS: 'the machine has no memory left for connections; lower --concurrency',
  ENOMEM: 'the machine has no memory left; lower --concurrency',
};

/** Certificates that end the handshake itself. One that fails the verification after it comes as a FetchError. */
const CERTIFICATE = /CERT|^ERR_SSL_(?:CA|EE)_(?:KEY|MD)_TOO_/;

/** How a row fails: the code of its class, and one line for people. */
export interface NamedFailure {
  readonly code: FailureCode;
  readonly message: string;
}

export function namedFailure(code: FailureCode, detail?: string): NamedFailure {
  const { summary } = FAILURES[code];
  return { code, message: detail === undefined ? summary : `${summary} (${detail})` };
}

/** The error if it is clearly this machine's and not the host's; else null. */
export function environmentError(error: unknown): UserError | null {
  if (error instanceof UserError) return error;
  const memoryError = toMemoryError(error);
  if (memoryError !== null) return memoryError;
  const code = errorCode(error) ?? '';
  const remedy = MACHINE_ERRORS[code];
  return remedy === undefined
    ? null
    : new UserError(EXIT.environment, `Cannot open a connection: ${remedy} (${code})`);
}

/** Names an error of undici, a socket or TLS. `afterHeaders`: whether the headers of the answer had arrived. */
export function classifyError(error: unknown, afterHeaders: boolean): NamedFailure {
  if (error instanceof FetchError) return namedFailure(error.code, error.detail);
  const code = errorCode(error) ?? '';
  const known = CODES[code];
  if (known !== undefined) return namedFailure(known);
  // Contradictory headers also announce a length that nothing matches.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || code === 'HPE_INVALID_EOF_STATE')
    return namedFailure(afterHeaders ? 'body_truncated' : 'http_malformed');
  if (isBadAnswer(error)) return namedFailure('http_malformed');
  if (code === 'UND_ERR_SOCKET') return namedFailure(afterHeaders ? 'body_truncated' : 'connection_reset');
  if (CERTIFICATE.test(code)) return namedFailure('tls_certificate', code);
  if (/^ERR_(?:SSL|TLS|OSSL)_/.test(code)) return namedFailure('tls_failed');
  return namedFailure('network_error', code || 'no code');
}

/** Names a status without an image: anything but a redirect or a 2xx with a body. */
export function classifyStatus(status: number): NamedFailure {
  const exact = `http_${status}`;
  if (isFailureCode(exact)) return namedFailure(exact);
  const message = `HTTP Error ${status}: ${STATUS_CODES[status] ?? ''}`.trimEnd();
  if (status === 529 || (status >= 520 && status <= 524)) return { code: 'http_52x', message };
  if (status >= 400 && status < 500) return { code: 'http_4xx', message };
  if (status >= 500 && status < 600) return { code: 'http_5xx', message };
  return { code: 'http_status', message };
}
