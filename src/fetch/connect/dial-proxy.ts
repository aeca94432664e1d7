import { isIP, type Socket } from 'node:net';
import type { FailureCode } from '../../core/failures.ts';
import { createConnector, type Dialler, type DialOptions, hostAndPort } from './dial.ts';
import { FetchError } from './fetch-error.ts';
import { isPrivateName } from './private-names.ts';
import { type HttpProxy, nameError, openTunnel } from './proxy.ts';

/**
 * Dials a proxy instead of hosts: directly for http, whose requests then name the whole URL, and as a tunnel for https.
 * The proxy looks names up, so only literal addresses can be checked. Names of private networks are refused, because
 * they would be names in the proxy's network.
 */
export function createProxyDialler(proxy: HttpProxy, options: Omit<DialOptions, 'dns'>): Dialler {
  const { policy, ports, timeoutMs } = options;
  const connect = createConnector(options);

  function check(host: string, port: number): FailureCode | null {
    const isLiteral = isIP(host) !== 0;
    if (isLiteral ? !policy.allows(host) : isPrivateName(host)) return 'address_refused';
    return ports.includes(port) || (isLiteral && policy.isNamedPrivate(host)) ? null : 'port_refused';
  }

  return (asked, callback) => {
    const { host, port } = hostAndPort(asked);
    const refusal = check(host, port);
    if (refusal !== null) {
      callback(new FetchError(refusal), null);
      return () => {};
    }
    if (asked.protocol !== 'https:') {
      const place = { hostname: proxy.host, port: String(proxy.port), host: proxy.host };
      const socket = connect({ ...asked, ...place }, (...[error, opened]) => {
        if (error === null) callback(null, opened);
        else callback(nameError(error, false), null);
      });
      return () => socket.destroy();
    }
    let secured: Socket | undefined;
    const named = isIP(host) === 0 ? { servername: host } : {};
    const giveUp = openTunnel(proxy, { host, port }, timeoutMs, (error, tunnel) => {
      if (tunnel === null) callback(error ?? new FetchError('proxy_failed'), null);
      else secured = connect({ ...asked, ...named, httpSocket: tunnel }, callback);
    });
    return () => {
      giveUp();
      secured?.destroy();
    };
  };
}
