import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { seededRandom } from './seeded-random.ts';
import { spoil, type Toxic } from './toxics.ts';

export interface ToxicProxyOptions {
  /** Port on 127.0.0.1 that connections are passed on to. */
  readonly target: number;
  /** What befalls the answers of a connection; they are numbered from 0. `random` is of the connection's own. */
  readonly toxics: (connection: number, random: () => number) => readonly Toxic[];
  readonly seed?: number;
}

export interface ToxicProxy {
  readonly port: number;
  /** Connections that were taken. */
  readonly connections: number;
  /** Ends every open connection with a TCP reset. */
  resetAll(): void;
  close(): Promise<void>;
}

/** A TCP proxy on 127.0.0.1 that hurts what comes back from its target; the same seed hurts in the same way. */
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
