import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { seededRandom } from './seeded-random.ts';
import { spoil, type Toxic } from './toxics.ts';

export interface ToxicProxyOptions {
  /** Port on 127.0.0.1 to which connections are forwarded. */
  readonly target: number;
  /** What happens to the answers of a connection. Connections are numbered from 0; each has its own `random`. */
  readonly toxics: (connection: number, random: () => number) => readonly Toxic[];
  readonly seed?: number;
}

export interface ToxicProxy {
  readonly port: number;
  /** Number of accepted connections. */
  readonly connections: number;
  /** Ends every open connection with a TCP reset. */
  resetAll(): void;
  close(): Promise<void>;
}

/** A TCP proxy on 127.0.0.1 that damages what its target sends; the same seed gives the same damage. */
export async function startToxicProxy(options: ToxicProxyOptions): Promise<ToxicProxy> {
  const { target, toxics, seed = 1 } = options;
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const number = connections;
    connections += 1;
    const upstream = createConnection({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    void spoil(upstream, client, toxics(number, seededRandom(seed * 65_537 + number)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    resetAll: () => {
      for (const socket of open) socket.resetAndDestroy();
    },
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      return closed;
    },
  };
}
