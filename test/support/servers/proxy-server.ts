import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ProxyServer {
  readonly port: number;
  /** Requests as received: `GET http://a.example/x`, `CONNECT a.example:443`. */
  readonly asked: readonly string[];
  /** Every distinct Proxy-Authorization. */
  readonly credentials: ReadonlySet<string>;
  /** TCP connections received. */
  readonly accepted: () => number;
}

export interface ProxyServerOptions {
  /** Addresses of names. Default: every name resolves to 127.0.0.1. */
  readonly lookUp?: (host: string) => string | null;
  /** The only Proxy-Authorization that the proxy accepts. Default: it accepts every client. */
  readonly credentials?: string;
}

/** Starts a forward proxy on loopback that stops when the running test ends. */
export async function useProxyServer({
  lookUp = () => '127.0.0.1',
  credentials,
}: ProxyServerOptions = {}): Promise<ProxyServer> {
  const asked: string[] = [];
  const seen = new Set<string>();
  const sockets = new Set<Socket>();
  let accepted = 0;

  /** The address to connect to, or the status of a refusal. */
  const admit = (message: IncomingMessage, host: string): string | number => {
    asked.push(`${message.method} ${message.url}`);
    const given = message.headers['proxy-authorization'];
    if (given !== undefined) seen.add(given);
    if (credentials !== undefined && given !== credentials) return 407;
    return lookUp(host) ?? 502;
  };
  const forward = (message: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(message.url ?? '');
    const place = admit(message, url.hostname);
    if (typeof place === 'number') {
      response.writeHead(place).end();
      return;
    }
    const { 'proxy-authorization': _own, ...headers } = message.headers;
    const path = url.pathname + url.search;
    const onward = request({ host: place, port: url.port || 80, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end();
  };
  const tunnel = (message: IncomingMessage, socket: Socket): void => {
    const { hostname, port } = new URL(`http://${message.url}`);
    const place = admit(message, hostname);
    if (typeof place === 'number') {
      socket.end(`HTTP/1.1 ${place} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(Number(port || 80), place, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.once('close', () => onward.destroy());
  };

  const server = createServer(forward);
  server.on('connect', tunnel);
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    // Clients may hang up before they have read a refusal.
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, asked, credentials: seen, accepted: () => accepted };
}
