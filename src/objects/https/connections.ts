import { Agent, type Dispatcher, ProxyAgent } from 'undici';

const CONNECT_MS = 10_000;
/** How long a server may stay silent. */
const SILENT_MS = 20_000;
const CONNECTIONS_PER_ORIGIN = 8;

/** Connections to web servers, through an HTTP proxy (`http://user:password@host:port`) or, with null, without one. */
export function openConnections(proxy: string | null): Dispatcher {
  const limits = {
    connections: CONNECTIONS_PER_ORIGIN,
    connect: { timeout: CONNECT_MS },
    headersTimeout: SILENT_MS,
    bodyTimeout: SILENT_MS,
  };
  if (proxy === null) return new Agent(limits);
  const { origin, username, password } = new URL(proxy);
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  const token = username === '' ? {} : { token: `Basic ${credentials.toString('base64')}` };
  return new ProxyAgent({ ...limits, uri: origin, ...token });
}
