import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressPolicy } from '../../../src/fetch/connect/addresses.ts';

/**
 * IANA's IPv4 and IPv6 Special-Purpose Address Registries, row by row, and what its address space registries set apart
 * beside them: multicast. Mapped addresses and NAT64 are tested with the IPv4 address that they hold.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Azure's own.
  '168.63.129.16/32',
];
const SPECIAL_IPV6 = [
  '::1/128',
  '::/128',
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  '2001::/23',
  '2001::/32',
  '2001:1::1/128',
  '2001:1::2/128',
  '2001:1::3/128',
  '2001:2::/48',
  '2001:3::/32',
  '2001:4:112::/48',
  '2001:10::/28',
  '2001:20::/28',
  '2001:30::/28',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
];
const GLOBAL_IPV6 = '2000::/3';

interface Network {
  readonly base: bigint;
  readonly size: bigint;
}

const ipv4Of = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
const ipv6Of = (value: bigint): string =>
  Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');

function network(cidr: string): Network {
  const [address = '', bits] = cidr.split('/');
  const isIpv6 = address.includes(':');
  const base = isIpv6 ? valueOfIpv6(address) : valueOfIpv4(address);
  return { base, size: 1n << BigInt((isIpv6 ? 128 : 32) - Number(bits)) };
}

const valueOfIpv4 = (address: string): bigint =>
  address.split('.').reduce((value, byte) => value * 256n + BigInt(byte), 0n);

function valueOfIpv6(address: string): bigint {
  const [head = [], tail = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const groups = [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n);
}

const isIn = (value: bigint, { base, size }: Network): boolean => value >= base && value < base + size;
const [ipv4, ipv6] = [SPECIAL_IPV4.map(network), SPECIAL_IPV6.map(network)];
const global = network(GLOBAL_IPV6);
const isPublicIpv4 = (value: bigint): boolean => !ipv4.some((special) => isIn(value, special));
const isPublicIpv6 = (value: bigint): boolean =>
  isIn(value, global) && !ipv6.some((special) => isIn(value, special));

/** Addresses at both ends of each network and just outside, inside it, and anywhere. */
const around = (networks: readonly Network[], bits: number): fc.Arbitrary<bigint> => {
  const last = (1n << BigInt(bits)) - 1n;
  const near = fc.constantFrom(...networks).chain(({ base, size }) =>
    fc.oneof(
      fc.constantFrom(base - 1n, base, base + size - 1n, base + size).filter((at) => at >= 0n && at <= last),
      fc.bigInt({ min: base, max: base + size - 1n }),
    ),
  );
  return fc.oneof(near, fc.bigInt({ min: 0n, max: last }));
};

const { allows } = createAddressPolicy([]);

describe('addresses that may be dialled', () => {
  test('of IPv4: all that are not special, also inside of IPv6', () => {
    fc.assert(
      fc.property(around(ipv4, 32), (value) => {
        const nat64 = ipv6Of(valueOfIpv6('64:ff9b::') + value);
        const mapped = ipv6Of((0xffffn << 32n) + value);
        const isPublic = isPublicIpv4(value);
        expect([ipv4Of(value), nat64, mapped].map(allows)).toEqual([isPublic, isPublic, isPublic]);
        // Forms that no standard translates any more, or that lead through a relay.
        const embedded = [
          ipv6Of(value),
          ipv6Of((0xffffn << 48n) + value),
          ipv6Of((0x2002n << 112n) + (value << 80n)),
        ];
        expect(embedded.map(allows)).toEqual([false, false, false]);
      }),
      { numRuns: 3_000 },
    );
  });

  test('of IPv6: what is global unicast and not special', () => {
    fc.assert(
      fc.property(around([...ipv6, global], 128), (value) => {
        const isNat64 = value >> 32n === valueOfIpv6('64:ff9b::') >> 32n;
        const isMapped = value >> 32n === 0xffffn;
        fc.pre(!isNat64 && !isMapped);
        expect(allows(ipv6Of(value))).toBe(isPublicIpv6(value));
      }),
      { numRuns: 5_000 },
    );
  });

  // 200::/7 is the Yggdrasil mesh. Nobody has been given the others, so whoever answers there is not the web.
  test.each([
    '200::1',
    '300:1234::1',
    '4000::1',
    '8000::1',
    'c000::1',
    'e000::1',
    'fe00::1',
    '0:0:0:1::1',
    '64:ff9b::1:7f00:1',
    '64:ff9b:1::808:808',
    '64:ff9c::808:808',
    '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ])('%s is not dialled', (address) => {
    expect(allows(address)).toBe(false);
  });

  test('--allow-private names networks outside of the public space, too', () => {
    const policy = createAddressPolicy(['200::/7']);
    expect(['200::1', '4000::1'].map(policy.allows)).toEqual([true, false]);
  });
});
