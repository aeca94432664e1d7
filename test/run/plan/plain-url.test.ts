import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTarget } from '../../../src/fetch/target.ts';
import { plainUrlPattern } from '../../../src/run/plan/plain-url.ts';
import { ODD_URLS, oddUrls } from './odd-urls.ts';

test.each([
  ['all ports', null],
  ['the usual ports', [80, 443, 8080, 8443]],
  ['https alone', [443]],
  ['one other port', [80, 81]],
])('a URL that the pattern for %s matches is requested as it is written', (_, ports) => {
  const whole = new RegExp(`^(?:${plainUrlPattern(ports)})$`);
  let matched = 0;
  const check = (text: string): void => {
    if (!whole.test(text) || text.length > 8000) return;
    matched += 1;
    const target = parseTarget(text);
    if ('code' in target) throw new Error(`${text} is refused as ${target.code}`);
    const [scheme = '', , authority = ''] = text.split('/');
    expect({ href: target.url.href, scheme: target.url.protocol, host: target.host }).toEqual({
      href: text,
      scheme,
      host: authority.split(':')[0],
    });
    expect(ports?.includes(target.port) ?? true).toBe(true);
  };
  for (const url of ODD_URLS) check(url);
  fc.assert(fc.property(oddUrls(), check), { numRuns: 5000 });
  expect(matched).toBeGreaterThan(20);
});

test('the pattern matches the URLs of most images', () => {
  const whole = new RegExp(`^(?:${plainUrlPattern([80, 443])})$`);
  for (const url of [
    'http://a.example/',
    'https://cdn-1.my_shop.co.uk/wp-content/uploads/2019/01/IMG_2041-1024x683.jpg',
    "https://i.example/caf%C3%A9/it's,%20(1)//2.png?w=600&fit=crop&u=https://b.example/c%2e.jpg?",
  ]) {
    expect(url).toMatch(whole);
  }
  expect(plainUrlPattern([8080])).toBeNull();
});
