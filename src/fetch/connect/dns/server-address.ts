/** Where a name server listens. */
export interface ServerAddress {
  /** An IPv6 address may have a zone, such as `fe80::1%eth0`. */
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;

/** Reads `address`, `address:port` or `[address]:port`. */
export function readServerAddress(server: string): ServerAddress {
  const [, bracketed, ipv4, port] = /^(?:\[(.+)\]|([\d.]+))(?::(\d+))?$/.exec(server) ?? [];
  return { address: bracketed ?? ipv4 ?? server, port: port === undefined ? DNS_PORT : Number(port) };
}
