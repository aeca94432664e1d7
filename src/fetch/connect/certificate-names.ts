import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity as compareNames, type TLSSocket } from 'node:tls';

/** Less than Node accepts: what OpenSSL does not find by it is left to Node. */
const STRICT = { subject: 'never', wildcards: true, partialWildcards: false } as const;

/**
 * OpenSSL has judged the chain when Node asks for the certificates, all spelled out with their digests, to compare the
 * host with the names in the first. That would take a fifth of a handshake's time.
 */
export function handOutUnread(socket: TLSSocket): void {
  Object.assign(socket, { getPeerCertificate: () => socket.getPeerX509Certificate() });
}

/**
 * Node's judgement of a certificate's names, for sockets of `handOutUnread`; undefined where one is the host's. It is
 * only spelled out for Node where OpenSSL has found none.
 */
export function checkServerIdentity(host: string, certificate: unknown): Error | undefined {
  if (!(certificate instanceof X509Certificate)) return new Error(`${host} has shown no certificate`);
  const matched = isIP(host) === 0 ? certificate.checkHost(host, STRICT) : certificate.checkIP(host);
  return matched === undefined ? compareNames(host, certificate.toLegacyObject()) : undefined;
}
