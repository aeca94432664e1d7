import { expect, test } from 'vitest';
import { LICENCE_FAMILIES } from '../../../src/core/licences/families.ts';
import { licenceAddress } from '../../../src/core/licences/licence-names.ts';
import { parseLicences } from '../../../src/core/licences/parse-licence.ts';
import { CITED } from './cited-spellings.ts';
import { SPELLINGS } from './spellings.ts';

const ids = (text: string) =>
  parseLicences(text)
    .map(({ id }) => id)
    .join(', ') || null;

test.each(SPELLINGS)('%s is %s (%s)', (text, id) => {
  expect(ids(text)).toBe(id);
});

test.each(CITED)('%s is %s, in %s', (text, id) => {
  expect(ids(text)).toBe(id);
});

test('more than 60 spellings with a public file that has them are recognised', () => {
  expect(new Set(CITED.filter(([, id]) => id !== null).map(([text]) => text)).size).toBeGreaterThan(60);
});

test('the address that a page names for a licence is recognised', () => {
  const addressed = LICENCE_FAMILIES.flatMap((family) => {
    const id = parseLicences(family)[0]?.id ?? '';
    const address = licenceAddress(id);
    return address === null ? [] : [{ id, address }];
  });
  expect(addressed).toHaveLength(11);
  for (const { id, address } of addressed) expect(ids(address)).toBe(id);
});

test('every licence of Creative Commons is recognised in each of its versions and ports, however it is written', () => {
  const names = ['by', 'by-sa', 'by-nd', 'by-nc', 'by-nc-sa', 'by-nc-nd'];
  for (const name of names) {
    for (const version of ['1.0', '2.0', '2.1', '2.5', '3.0', '4.0']) {
      for (const port of ['', 'de', 'jp', 'us', 'igo', 'es']) {
        const id = [`CC-${name.toUpperCase()}-${version}`, port.toUpperCase()].filter(Boolean).join('-');
        const place = port === '' ? '' : `${port}/`;
        expect(ids(`https://creativecommons.org/licenses/${name}/${version}/${place}`)).toBe(id);
        expect(ids(id)).toBe(id);
        expect(ids(id.toLowerCase())).toBe(id);
        expect(ids(`CC ${name.toUpperCase()} ${version} ${port}`)).toBe(id);
      }
    }
  }
});
