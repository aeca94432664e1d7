import { expect, test } from 'vitest';
import { listenAddress } from '../../../src/config/options/domain-types.ts';

test.each([
  ['127.0.0.1:9464', '127.0.0.1:9464'],
  ['9464', '127.0.0.1:9464'],
  ['0', '127.0.0.1:0'],
  ['0.0.0.0:09464', '0.0.0.0:9464'],
  ['localhost:9464', 'localhost:9464'],
  ['[::1]:9464', '[::1]:9464'],
  ['::1:9464', undefined],
  ['[fe80]:9464', undefined],
  [':9464', undefined],
  ['127.0.0.1', undefined],
  ['127.0.0.1:65536', undefined],
  ['http://127.0.0.1:9464', undefined],
  ['a@b:1', undefined],
  ['', undefined],
])('%j as an address to listen at is %j', (text, address) => {
  expect(listenAddress.parse(text)).toBe(address);
});
