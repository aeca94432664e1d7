import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { usageError } from '../../core/errors.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScrapeServer {
  /** `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  close(): void;
}

/** Scrapes under way when the run ends have so long to end. */
const CLOSE_MS = 1_000;
/** Prometheus needs one connection. */
const MOST_CONNECTIONS = 64;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port',
  EACCES: 'this user may not use this port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'that host name has no address',
};

/**
 * Answers `GET /metrics` and `GET /health` at `address`, `host:port` with port 0 for a free one. Never keeps the process
 * alive. Throws a UserError if nothing can listen there.
 */
export async function startScrapeServer(address: string, answer: Answer): Promise<ScrapeServer> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  const server = createServer((request, response) => respond(request, response, answer));
  server.maxConnections = MOST_CONNECTIONS;
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = REASONS[error.code ?? ''] ?? error.message;
      reject(
        usageError(
          `--metrics ${address}: ${why}; name another host:port, such as 127.0.0.1:0 for a free port`,
        ),
      );
    });
    server.listen({ host, port: Number(address.slice(at + 1)) }, resolve);
  });
  server.on('error', () => {});
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address.slice(0, at)}:${port}/metrics`,
    close: () => {
      server.close();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref();
    },
  };
}

function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const path = request.url?.replace(/\?.*$/s, '');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  else if (path === '/metrics') answer(request, response);
  else if (path === '/health') response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
  else response.writeHead(404, { 'content-type': 'text/plain' }).end('/metrics and /health are here\n');
}
