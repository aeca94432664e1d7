import { hash32 } from '../bytes/hash.ts';
import { makeCertificates } from '../servers/certificates.ts';
import { findRefusedPort, type WebPorts } from '../servers/ports.ts';
import type { WebScript } from './answers.ts';
import { prepareBodies } from './bodies.ts';
import { type BoxStats, Counters } from './counters.ts';
import { startDnsServer } from './dns-server.ts';
import { ScriptState } from './script-state.ts';
import { startWebServer } from './web-server.ts';

export interface BoxOptions {
  /** `real` means ports 80 and 443, which require root. Default: `free`. */
  readonly ports?: 'free' | 'real';
  /** Loopback addresses of the web; the hash of a host name selects its address. Default: `['127.0.0.1']`. */
  readonly addresses?: readonly [string, ...string[]];
  /** Forged datagrams per second that the name server sends to each port that has just asked. Default: 0. */
  readonly strayDatagrams?: number;
}

/** A small web on loopback: a name server, an HTTP server and an HTTPS server, all controlled by a script. */
export interface Box {
  readonly addresses: readonly [string, ...string[]];
  readonly ports: WebPorts;
  /** The name server, as `--resolver` takes it: `127.0.0.1:5353`. */
  readonly dns: string;
  /** PEM of the authority that signed the trusted certificates. */
  readonly ca: string;
  /** The URL of a page of the box, without a port that the scheme implies. */
  url(host: string, path: string, scheme?: 'http' | 'https'): string;
  stats(): BoxStats;
  /** Clears the statistics and restarts the script's sequences. Open connections stay open. */
  reset(): void;
  /** A port on which nothing listens, at the first address. */
  refusedPort(): Promise<number>;
  /** Closes every connection at once and stops all servers. */
  close(): Promise<void>;
}

const REAL_PORTS: WebPorts = { http: 80, https: 443 };

export async function startBox(script: WebScript, options: BoxOptions = {}): Promise<Box> {
  const addresses = options.addresses ?? ['127.0.0.1'];
  const addressOf = (host: string) => addresses[hash32(host) % addresses.length] ?? addresses[0];
  prepareBodies(script);
  const state = new ScriptState(script);
  const counters = new Counters();
  const certificates = await makeCertificates(Object.keys(script.hosts), addresses);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => void (await Promise.all(closers.map((closer) => closer())));

  let ports: WebPorts = options.ports === 'real' ? REAL_PORTS : { http: 0, https: 0 };
  const startWeb = async (scheme: 'http' | 'https', address: string) => {
    const server = await startWebServer({
      scheme,
      address,
      port: ports[scheme],
      counters,
      certificates,
      answer: (request) => state.answer(request, counters.hostConnections(request.host), Date.now()),
      tls: (host) => state.tls(host),
      ports: () => ports,
    });
    closers.push(server.close);
    // Every further address uses the port that was free on the first.
    ports = { ...ports, [scheme]: server.port };
  };

  try {
    for (const address of addresses) {
      await startWeb('http', address);
      await startWeb('https', address);
    }
    const dns = await startDnsServer({
      address: addresses[0],
      answer: (name, type) => state.dnsAnswer(name, type),
      boxAddress: addressOf,
      onQuestion: (name, type, clientPort) => counters.countQuestion(name, type, clientPort),
      strayDatagrams: options.strayDatagrams,
    });
    closers.push(dns.close);
    return {
      addresses,
      ports,
      dns: `${addresses[0]}:${dns.port}`,
      ca: certificates.ca,
      url: (host, path, scheme = 'http') => {
        const port = ports[scheme] === REAL_PORTS[scheme] ? '' : `:${ports[scheme]}`;
        return `${scheme}://${host}${port}${path}`;
      },
      stats: () => counters.snapshot(),
      reset() {
        state.reset();
        counters.reset();
      },
      refusedPort: () => findRefusedPort(addresses[0]),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
