import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { ANY_STRENGTH, type Certificates } from '../servers/certificates.ts';
import type { WebPorts } from '../servers/ports.ts';
import type { Answer, BoxRequest, TlsFlavour } from './answers.ts';
import type { Counters } from './counters.ts';
import { respond } from './respond.ts';

type Scheme = 'http' | 'https';
/** The types of Node 20 lack the name that the client asked for. */
type ServerTlsSocket = TLSSocket & { readonly servername: string | false };

export interface WebServerOptions {
  readonly scheme: Scheme;
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly counters: Counters;
  readonly certificates: Certificates;
  readonly answer: (request: BoxRequest) => Answer;
  readonly tls: (host: string) => TlsFlavour;
  /** Called when the server sends a redirect; by then every server of the box has its port. */
  readonly ports: () => WebPorts;
}

export interface WebServer {
  readonly port: number;
  /** Closes every connection at once. */
  close(): Promise<void>;
}

/** Starts an HTTP or HTTPS server of the box on one address. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const connections = new Connections(options);
  const server = createListener(options, (request, response) => {
    const connection = connections.of(request.socket);
    // The connection may close before the server reads its last pipelined request.
    if (connection === undefined) return;
    handle(request, response, connection, options);
  });
  server.on('connection', (socket: Socket) => connections.add(socket));
  server.on('secureConnection', (socket: ServerTlsSocket) => {
    if (typeof socket.servername === 'string') connections.of(socket)?.attribute(socket.servername);
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.destroyAll();
      return closed;
    },
  };
}

function createListener(options: WebServerOptions, listener: RequestListener): Server {
  // Clients that wait or are slow are part of the tests, so the server never gives up first.
  const patient = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, noDelay: true };
  if (options.scheme === 'http') return createServer(patient, listener);

  const { certificates, tls } = options;
  const choose = (flavour: TlsFlavour, done: (error: Error | null, context?: SecureContext) => void) => {
    if (flavour === 'silent') return;
    if (flavour === 'refused') return done(new Error('the script refuses the handshake'));
    certificates.context(flavour).then((context) => done(null, context), done);
  };
  const server = createTlsServer(
    {
      ...patient,
      ...certificates.trusted,
      ...ANY_STRENGTH,
      SNICallback: (host, done) => choose(tls(host.toLowerCase()), done),
    },
    listener,
  );
  // Clients that distrust a certificate hang up here, as they should.
  server.on('tlsClientError', () => {});
  return server;
}

async function listen(server: Server, { address, port }: WebServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const advice =
        error.code === 'EACCES' ? 'run as root or use free ports' : 'use another address or free ports';
      reject(new Error(`Cannot listen on ${address}:${port}: ${error.code ?? error.message}; ${advice}`));
    });
    server.listen(port, address, resolve);
  });
}

function handle(
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  options: WebServerOptions,
): void {
  const { scheme, counters } = options;
  const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
  const path = request.url ?? '/';
  connection.attribute(host);
  response.once('close', counters.openRequest(host, path, request.headers));
  const { method = 'GET', headers } = request;
  respond(options.answer({ scheme, method, host, path, headers }), {
    response,
    ports: options.ports(),
    resetConnection: () => connection.reset(),
  });
}

interface Connection {
  /** Names the host of the connection; later names change nothing. */
  attribute(host: string): void;
  reset(): void;
}

/**
 * The server's TCP connections, by the client's port. Only a TCP socket can be reset, and a TLS socket does not expose
 * the one below it.
 */
class Connections {
  #scheme: Scheme;
  #counters: Counters;
  #open = new Map<string, { readonly socket: Socket; readonly connection: Connection }>();

  constructor({ scheme, counters }: Pick<WebServerOptions, 'scheme' | 'counters'>) {
    this.#scheme = scheme;
    this.#counters = counters;
  }

  add(socket: Socket): void {
    const key = clientOf(socket);
    const leaveServer = this.#counters.openConnection(this.#scheme);
    let leaveHost: (() => void) | undefined;
    const connection: Connection = {
      attribute: (host) => {
        leaveHost ??= this.#counters.openHostConnection(host);
      },
      reset: () => void socket.resetAndDestroy(),
    };
    this.#open.set(key, { socket, connection });
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#open.delete(key);
      leaveServer();
      leaveHost?.();
    });
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(clientOf(socket))?.connection;
  }

  destroyAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }
}

const clientOf = (socket: Socket): string => `${socket.remoteAddress}:${socket.remotePort}`;
