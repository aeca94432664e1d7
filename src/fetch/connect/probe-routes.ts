import { createSocket, type SocketType } from 'node:dgram';

/** Whether the system has a route to the internet, by protocol. */
export interface Routes {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

/** Documentation addresses (RFC 5737, RFC 3849): they belong to nobody and use the default route. */
const SOMEWHERE: readonly (readonly [SocketType, string])[] = [
  ['udp4', '192.0.2.1'],
  ['udp6', '2001:db8::1'],
];
const DISCARD_PORT = 9;

/** Asks the system's routing table. Nothing is sent: connecting a UDP socket only chooses its route. */
export async function probeRoutes(): Promise<Routes> {
  const [ipv4 = false, ipv6 = false] = await Promise.all(
    SOMEWHERE.map(([type, address]) => hasRoute(type, address)),
  );
  return { ipv4, ipv6 };
}

function hasRoute(type: SocketType, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(type);
    const end = (found: boolean) => {
      resolve(found);
      socket.close();
    };
    socket.once('error', () => end(false));
    socket.once('connect', () => end(true));
    socket.connect(DISCARD_PORT, address);
  });
}
