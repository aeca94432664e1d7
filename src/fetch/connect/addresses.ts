import ipaddr from 'ipaddr.js';

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** The IPv6 addresses that IANA has allocated as global unicast. Others belong to nobody or to a private mesh. */
const GLOBAL_IPV6: Network = ipaddr.parseCIDR('2000::/3');
/** The well-known prefix of NAT64 (RFC 6052): a gateway connects to the IPv4 address in the last four bytes. */
const NAT64: Network = ipaddr.parseCIDR('64:ff9b::/96');
/** The host of an Azure machine. Its address is public by all registries. */
const AZURE_HOST: Network = ipaddr.parseCIDR('168.63.129.16/32');

export interface AddressPolicy {
  /** Whether the address may be dialled at all. */
  readonly allows: (address: string) => boolean;
  /** Whether the address is in a network of `--allow-private`, where any port may be dialled. */
  readonly isNamedPrivate: (address: string) => boolean;
  readonly namesPrivate: boolean;
}

/**
 * Decides which addresses may be dialled: globally routable unicast, and the networks in `allowPrivate` (CIDR notation).
 * No address in IANA's registries of special-purpose addresses is public. IPv4 inside IPv6 (mapped, NAT64) counts as
 * the IPv4 address.
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
    return named.some((network) => contains(network, parsed)) || isPublic(parsed);
  };
  return { allows, isNamedPrivate, namesPrivate: named.length > 0 };
}

/**
 * The one spelling of a host: an IPv4 address inside IPv6 (mapped, NAT64) becomes the IPv4 address. Anything that is not
 * an IPv6 address stays as it is.
 */
export function canonicalAddress(host: string): string {
  if (!host.includes(':')) return host;
  const parsed = parseAddress(host);
  return parsed?.kind() === 'ipv4' ? parsed.toString() : host;
}

/** ipaddr.js calls every range that it does not know `unicast`, so this alone decides nothing. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv6' ? contains(GLOBAL_IPV6, address) : !contains(AZURE_HOST, address);
}

function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed;
  return contains(NAT64, parsed) ? ipaddr.fromByteArray(parsed.toByteArray().slice(12)) : parsed;
}

function contains([network, bits]: Network, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (network instanceof ipaddr.IPv4 && address instanceof ipaddr.IPv4) return address.match(network, bits);
  if (network instanceof ipaddr.IPv6 && address instanceof ipaddr.IPv6) return address.match(network, bits);
  return false;
}
