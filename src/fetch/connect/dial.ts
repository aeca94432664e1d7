import { isIP, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import type { FailureCode } from '../../core/failures.ts';
import { errorCode } from '../../util/files/errno.ts';
import type { AddressPolicy } from './addresses.ts';
import { checkServerIdentity, handOutUnread } from './certificate-names.ts';
import type { DnsCache } from './dns.ts';
import { FetchError } from './fetch-error.ts';
import { isPrivateName } from './private-names.ts';
import { undiciConnector } from './undici.ts';

/** Opens a connection for undici; see `createDialler`. Returns a function that abandons it before it is open. */
export type Dialler = (options: buildConnector.Options, callback: buildConnector.Callback) => () => void;

type Connector = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;

export interface DialOptions {
  readonly dns: DnsCache;
  readonly policy: AddressPolicy;
  /** Ports that may be dialled on public addresses. */
  readonly ports: readonly number[];
  readonly timeoutMs: number;
  readonly insecureTls: boolean;
  /** The address that has been chosen for a host, or why there is none; undefined if the dialler may choose. */
  readonly addressOf?: ((host: string) => ChosenAddress | undefined) | undefined;
}

export type ChosenAddress = string | NoAddress;

export interface NoAddress {
  readonly code: FailureCode;
}

/** Looks up the addresses of a host that may be dialled; at least one. */
export async function lookUpAllowed(
  host: string,
  { dns, policy }: Pick<DialOptions, 'dns' | 'policy'>,
): Promise<readonly string[] | NoAddress> {
  // A bucket of a store, `s3://bucket`, has connections of its own.
  if (host.includes('://')) return { code: 'address_refused' };
  const isPrivate = isIP(host) === 0 && isPrivateName(host);
  // An outside name server must not even see the name.
  if (isPrivate && !policy.namesPrivate) return { code: 'address_refused' };
  const answer = isIP(host) === 0 ? await dns.resolve(host) : { ok: true as const, addresses: [host] };
  if (!answer.ok) return answer;
  const allowed = answer.addresses.filter(isPrivate ? policy.isNamedPrivate : policy.allows);
  return allowed.length === 0 ? { code: 'address_refused' } : allowed;
}

/**
 * The only way to the network. It dials only addresses that the policy allows, whether they come from the URL or from a
 * name server. It dials exactly the address that it has checked: a name is never looked up a second time. Checking the
 * socket's remote address afterwards would add nothing, because it is the address that was dialled.
 */
export function createDialler(options: DialOptions): Dialler {
  const { policy, ports, addressOf } = options;
  const connect = createConnector(options);
  let turn = 0;

  async function chooseAddress(host: string, port: number): Promise<ChosenAddress> {
    const chosen = addressOf?.(host) ?? (await lookUpAllowed(host, options));
    if (typeof chosen !== 'string' && 'code' in chosen) return chosen;
    const allowed = typeof chosen === 'string' ? [chosen] : chosen;
    const reachable = allowed.filter((address) => ports.includes(port) || policy.isNamedPrivate(address));
    // Takes the addresses of a name in turn, so that a later attempt gets another one.
    turn += 1;
    return reachable[turn % reachable.length] ?? { code: 'port_refused' };
  }

  return (asked, callback) => {
    const { host, port } = hostAndPort(asked);
    let socket: Socket | undefined;
    let abandoned = false;
    chooseAddress(host, port).then(
      (chosen) => {
        if (abandoned) return;
        if (typeof chosen !== 'string') {
          callback(new FetchError(chosen.code), null);
          return;
        }
        const named = isIP(host) === 0 ? { servername: host } : {};
        socket = connect({ ...asked, hostname: chosen, ...named }, callback);
      },
      (error: Error) => callback(error, null),
    );
    return () => {
      abandoned = true;
      socket?.destroy();
    };
  };
}

/** Opens sockets, with TLS where needed, to any address. */
export function createConnector({
  timeoutMs,
  insecureTls,
}: Pick<DialOptions, 'timeoutMs' | 'insecureTls'>): Connector {
  const connect = undiciConnector({
    timeout: timeoutMs,
    rejectUnauthorized: !insecureTls,
    // Creating one for each connection would cost half as much as the handshake.
    secureContext: createSecureContext(),
    // Resuming a session costs nearly as much as a new one, and undici searches all sessions for each.
    maxCachedSessions: 0,
    autoSelectFamily: false,
    checkServerIdentity,
  });
  return (options, callback) => {
    // undici's connector returns the socket that it dials, although its types do not say so.
    const socket = connect(options, (...result) => {
      const [error] = result;
      const refusal = error === null ? null : certificateError(socket, error);
      if (refusal === null) callback(...result);
      else callback(refusal, null);
    }) as unknown as Socket;
    if (socket instanceof TLSSocket) handOutUnread(socket);
    return socket;
  };
}

/**
 * The error to report if Node destroyed the socket because its certificate failed the verification; else null. The
 * socket knows that, whatever OpenSSL calls the reason: the names of reasons follow no pattern, and some have none.
 */
function certificateError(socket: Socket, error: Error): FetchError | null {
  // Null without a failed verification, although Node's types say otherwise.
  if (!(socket instanceof TLSSocket) || !socket.authorizationError) return null;
  const code = errorCode(error) ?? 'UNSPECIFIED';
  // Node has no code for certificates that are too weak, among others, but OpenSSL's text says so.
  return new FetchError('tls_certificate', code === 'UNSPECIFIED' ? error.message : code);
}

/** The host without brackets and without the dot of the DNS root, and the port, which the scheme may imply. */
export function hostAndPort({ hostname, port, protocol }: buildConnector.Options): {
  readonly host: string;
  readonly port: number;
} {
  return {
    host: hostname.replace(/^\[|\]$/g, '').replace(/\.$/, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}
