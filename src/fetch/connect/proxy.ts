import { request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { EXIT, UserError } from '../../core/errors.ts';
import { errorCode } from '../../util/files/errno.ts';
import { FetchError } from './fetch-error.ts';

/** An HTTP proxy that the user has set. */
export interface HttpProxy {
  /** `http://host:port`, without user and password, so that it may be shown. */
  readonly origin: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Headers that every request to it needs. */
  readonly headers: Readonly<Record<string, string>>;
}

type Opened = (error: Error | null, socket: Socket | null) => void;

/** Parses `http://[user:password@]host[:port]`, which the option has validated. */
export function readProxy(text: string): HttpProxy {
  const { origin, hostname, port, username, password } = new URL(text);
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return {
    origin,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 80 : Number(port),
    headers: username === '' ? {} : { 'proxy-authorization': `Basic ${credentials.toString('base64')}` },
  };
}

/**
 * Opens a tunnel to a host, for TLS. A proxy that cannot be reached fails as `proxy_failed`, one that refuses this host
 * as `proxy_refused`; one that asks for credentials is a `UserError`. Returns a function that abandons the tunnel.
 */
export function openTunnel(
  proxy: HttpProxy,
  target: { readonly host: string; readonly port: number },
  timeoutMs: number,
  opened: Opened,
): () => void {
  const host = isIP(target.host) === 6 ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  const asking = request({
    host: proxy.host,
    port: proxy.port,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxy.headers },
    agent: false,
  });
  let isReached = false;
  let isSettled = false;
  const settle = (error: Error | null, socket: Socket | null): void => {
    clearTimeout(timer);
    if (isSettled) return;
    isSettled = true;
    opened(error, socket);
  };
  // Once the proxy is reached, it is the host that takes too long.
  const timer = setTimeout(
    () => asking.destroy(new FetchError(isReached ? 'connect_timeout' : 'proxy_failed', 'timeout')),
    timeoutMs,
  );
  asking.once('socket', (socket) => {
    socket.once('connect', () => {
      isReached = true;
    });
  });
  asking.once('connect', (answer, socket: Socket, head) => {
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) socket.unshift(head);
      settle(null, socket);
      return;
    }
    // Errors of a socket that is no longer needed.
    socket.on('error', () => {}).destroy();
    settle(
      statusCode === 407 ? wantsCredentials(proxy) : new FetchError('proxy_refused', `HTTP ${statusCode}`),
      null,
    );
  });
  asking.on('error', (error) => settle(nameError(error, isReached), null));
  asking.end();
  return () => {
    clearTimeout(timer);
    asking.destroy();
  };
}

/** Names an error on the way to a proxy, or of its answer once it was reached. */
export function nameError(error: Error, isReached: boolean): Error {
  if (error instanceof FetchError) return error;
  const code = errorCode(error) ?? 'no code';
  return LOCAL.has(code) ? error : new FetchError(isReached ? 'proxy_refused' : 'proxy_failed', code);
}

/** Errors of this machine, which are reported elsewhere. */
const LOCAL: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

function wantsCredentials({ origin, headers }: HttpProxy): UserError {
  const found =
    Object.keys(headers).length > 0
      ? 'does not accept the user and password'
      : 'asks for a user and password';
  return new UserError(
    EXIT.environment,
    `Cannot use the proxy ${origin}: it ${found} (407); give them as --proxy http://user:password@host:port`,
  );
}
