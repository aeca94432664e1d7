import { createSecureContext, type SecureContext } from 'node:tls';
import { generate } from 'selfsigned';
import type { TlsFlavour } from '../box/answers.ts';

type CertificateFlavour = Exclude<TlsFlavour, 'refused' | 'silent'>;

export interface Certificates {
  /** PEM of the authority that signed all certificates but the self-signed one. */
  readonly ca: string;
  /** PEM; also used for clients that name no host. */
  readonly trusted: { readonly key: string; readonly cert: string };
  /** Made on first use, because a certificate costs more than ten milliseconds. */
  context(flavour: CertificateFlavour): Promise<SecureContext>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const OPTIONS = { keyType: 'ec', algorithm: 'sha256' } as const;
/** Ciphers that let a server load and show weak certificates. */
export const ANY_STRENGTH = { ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
const commonName = (value: string) => [{ name: 'commonName', value }];

/** Makes an authority for the box, and its certificates for these names and addresses. */
export async function makeCertificates(
  names: readonly string[],
  addresses: readonly string[],
): Promise<Certificates> {
  const authority = await generate(commonName('laion-fetch test authority'), {
    ...OPTIONS,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: authority.private, cert: authority.cert };
  const subject = altNames(['localhost', ...names], addresses);
  const other = altNames(['another.test'], []);

  const flavours = {
    trusted: () => generate(commonName('box'), { ...OPTIONS, ca, extensions: [subject] }),
    'self-signed': () => generate(commonName('box'), { ...OPTIONS, extensions: [subject] }),
    'wrong-host': () => generate(commonName('another.test'), { ...OPTIONS, ca, extensions: [other] }),
    expired: () =>
      generate(commonName('box'), {
        ...OPTIONS,
        ca,
        extensions: [subject],
        notBeforeDate: new Date(Date.now() - 30 * DAY_MS),
        notAfterDate: new Date(Date.now() - DAY_MS),
      }),
    'weak-digest': () =>
      generate(commonName('box'), { ...OPTIONS, algorithm: 'sha1', ca, extensions: [subject] }),
  } satisfies Record<CertificateFlavour, () => ReturnType<typeof generate>>;

  const trusted = toPair(await flavours.trusted());
  const made = new Map([['trusted', Promise.resolve(createSecureContext(trusted))]]);
  return {
    ca: authority.cert,
    trusted,
    context(flavour) {
      let context = made.get(flavour);
      if (context === undefined) {
        context = flavours[flavour]().then((pems) =>
          createSecureContext({ ...toPair(pems), ...ANY_STRENGTH }),
        );
        made.set(flavour, context);
      }
      return context;
    },
  };
}

const toPair = (pems: { private: string; cert: string }) => ({ key: pems.private, cert: pems.cert });

const altNames = (names: readonly string[], addresses: readonly string[]) => ({
  name: 'subjectAltName' as const,
  altNames: [
    ...names.map((value) => ({ type: 2 as const, value })),
    ...addresses.map((ip) => ({ type: 7 as const, ip })),
  ],
});
