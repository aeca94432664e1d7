import { expect, test } from 'vitest';
import { classifyError } from '../../../src/fetch/http/classify.ts';

test.each([
  ['ERR_SSL_CA_MD_TOO_WEAK', 'tls_certificate'],
  ['ERR_SSL_CA_KEY_TOO_SMALL', 'tls_certificate'],
  ['ERR_SSL_EE_KEY_TOO_SMALL', 'tls_certificate'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls_certificate'],
  ['ERR_SSL_DH_KEY_TOO_SMALL', 'tls_failed'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_failed'],
])('a handshake that ends with %s fails as %s', (code, failure) => {
  expect(classifyError(Object.assign(new Error('handshake'), { code }), false).code).toBe(failure);
});
