import ipaddr from 'ipaddr.js';

/** Networks that ipaddr.js counts as unicast but that must not be dialled: Azure's host, discard-only, IPv4-compatible. */
const SPECIAL: readonly Network[] = ['168.63.129.16/32', '100:0:0:1::/64', '::/96'].map((cidr) =>
  ipaddr.parseCIDR(cidr),
);

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

export interface AddressPolicy {
  /** Whether the address may be dialled at all. */
  readonly allows: (address: string) => boolean;
  /** Whether the address is in a network of `--allow-private`, where any port may be dialled. */
  readonly isNamedPrivate: (address: string) => boolean;
  readonly namesPrivate: boolean;
}

/**
 * Decides which addresses may be dialled: globally routable unicast, and the networks in `allowPrivate` (CIDR notation).
 * An allow-list also refuses special ranges that we did not think of. IPv4 inside IPv6 (mapped, NAT64) counts as the
 * IPv4 address.
 */
export function createAddressPolicy(allowPrivate: readonly string[]): AddressPolicy {
  const named = allowPrivate.map((cidr): Network => ipaddr.parseCIDR(cidr));
  const isNamedPrivate = (address: string): boolean => {
    const parsed = parseAddress(address);
    return parsed !== null && named.some((network) => contains(network, parsed));
  };
  const allows = (address: string): boolean => {
    const parsed = parseAddress(address);
    if (parsed === null) return false;
    if (named.some((network) => contains(network, parsed))) return true;
    return parsed.range() === 'unicast' && !SPECIAL.some((network) => contains(network, parsed));
  };
  return { allows, isNamedPrivate, namesPrivate: named.length > 0 };
}

function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed;
  return parsed.range() === 'rfc6052' ? ipaddr.fromByteArray(parsed.toByteArray().slice(12)) : parsed;
}

function contains([network, bits]: Network, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (network instanceof ipaddr.IPv4 && address instanceof ipaddr.IPv4) return address.match(network, bits);
  if (network instanceof ipaddr.IPv6 && address instanceof ipaddr.IPv6) return address.match(network, bits);
  return false;
}
