import { type AddressInfo, createServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Canary {
  readonly port: number;
  /** Connections received. */
  readonly accepted: () => number;
}

/** Starts a server that nothing should reach, on one port of several loopback addresses. */
export async function useCanary(...addresses: readonly string[]): Promise<Canary> {
  let accepted = 0;
  let port = 0;
  for (const address of addresses) {
    const server = createServer((socket) => {
      accepted += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, address, resolve);
    });
    onTestFinished(() => close(server));
    port = (server.address() as AddressInfo).port;
  }
  return { port, accepted: () => accepted };
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
