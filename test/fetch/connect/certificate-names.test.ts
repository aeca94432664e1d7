import { X509Certificate } from 'node:crypto';
import { checkServerIdentity as compareNames } from 'node:tls';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { checkServerIdentity } from '../../../src/fetch/connect/certificate-names.ts';

const HOSTS = [
  'a.example',
  'A.EXAMPLE',
  'b.a.example',
  'c.b.a.example',
  'example',
  'xn--bcher-kva.example',
  'fast.example',
  '127.0.0.1',
  '127.0.0.2',
  '::1',
];

/** A certificate for these names and addresses, with this common name. */
async function certificateOf(commonName: string, names: readonly string[], addresses: readonly string[]) {
  const altNames = [
    ...names.map((value) => ({ type: 2 as const, value })),
    ...addresses.map((ip) => ({ type: 7 as const, ip })),
  ];
  const { cert } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: altNames.length === 0 ? [] : [{ name: 'subjectAltName', altNames }],
  });
  return new X509Certificate(cert);
}

describe('checkServerIdentity()', () => {
  test.each([
    ['a.example', ['a.example'], []],
    ['other.example', ['*.a.example', 'example'], []],
    ['a.example', ['*.example'], []],
    ['a.example', ['*.*.example', 'f*.example'], []],
    ['a.example', ['*'], []],
    ['a.example', [], []],
    ['127.0.0.1', [], []],
    ['a.example', [], ['127.0.0.1', '::1']],
    ['b.a.example', ['a.example'], ['127.0.0.2']],
    ['*.example', [], []],
  ] as const)('accepts what Node accepts: %s with %j and %j', async (commonName, names, addresses) => {
    const certificate = await certificateOf(commonName, names, addresses);
    const accepted = (check: (host: string) => Error | undefined) =>
      HOSTS.filter((host) => check(host) === undefined);
    const found = accepted((host) => checkServerIdentity(host, certificate));
    expect(found).toEqual(accepted((host) => compareNames(host, certificate.toLegacyObject())));
  });

  test('reports a name without a match as Node does', async () => {
    const certificate = await certificateOf('a.example', ['a.example'], []);
    expect(checkServerIdentity('b.example', certificate)).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      host: 'b.example',
    });
  });

  test('refuses a host without a certificate', () => {
    expect(checkServerIdentity('a.example', undefined)?.message).toMatch(
      /a\.example has shown no certificate/,
    );
  });
});
