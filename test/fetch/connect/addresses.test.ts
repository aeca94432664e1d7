import { describe, expect, test } from 'vitest';
import { createAddressPolicy } from '../../../src/fetch/connect/addresses.ts';

const SPECIAL = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '100::1',
  '100:0:0:1::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  'no address',
  '',
];

describe('createAddressPolicy()', () => {
  test.each(SPECIAL)('refuses %j', (address) => {
    expect(createAddressPolicy([]).allows(address)).toBe(false);
  });

  test.each(['1.1.1.1', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    'allows the public address %s',
    (address) => {
      const policy = createAddressPolicy([]);
      expect(policy.allows(address)).toBe(true);
      expect(policy.isNamedPrivate(address)).toBe(false);
    },
  );

  test('allows exactly the private networks of --allow-private', () => {
    const policy = createAddressPolicy(['10.1.0.0/16', '::1/128']);
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::1'].map(policy.allows)).toEqual([true, true, true]);
    expect(['10.2.0.1', '127.0.0.1', '::2'].map(policy.allows)).toEqual([false, false, false]);
    expect(policy.isNamedPrivate('10.1.2.3')).toBe(true);
  });
});
