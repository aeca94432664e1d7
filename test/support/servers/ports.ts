import { createServer } from 'node:net';

export interface WebPorts {
  readonly http: number;
  readonly https: number;
}

/** The ports in the URLs of fixtures/. `withPorts` replaces them with those of a running box. */
export const PLACEHOLDER_PORTS: WebPorts = { http: 18080, https: 18443 };

export function withPorts(text: string, ports: WebPorts): string {
  return text
    .replaceAll(`:${PLACEHOLDER_PORTS.http}/`, `:${ports.http}/`)
    .replaceAll(`:${PLACEHOLDER_PORTS.https}/`, `:${ports.https}/`);
}

/** A port of the address on which nothing listens, so connections to it are refused. */
export async function findRefusedPort(address: string): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject).listen(0, address, () => {
      const bound = server.address();
      resolve(bound !== null && typeof bound === 'object' ? bound.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
