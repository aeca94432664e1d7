import { expect, test } from 'vitest';
import { chooseSamples } from '../../src/run/report/choose-samples.ts';
import { Distributions } from '../../src/run/report/distributions.ts';
import { HostCounter } from '../../src/run/report/host-figures.ts';
import { urlHost } from '../../src/util/text/url-host.ts';

const shardsOf = (...successes: number[]) =>
  successes.map((count, at) => ({ name: String(at).padStart(5, '0'), successes: count }));

test('chooseSamples() chooses so many different images, from few shards, each as likely as any other', () => {
  const chosen = chooseSamples(shardsOf(...Array.from({ length: 100 }, () => 10)), 36, 7);
  expect([...chosen.values()].reduce((sum, positions) => sum + positions.size, 0)).toBe(36);
  expect(chosen.size).toBeLessThanOrEqual(6);
  expect([...chooseSamples(shardsOf(2, 0, 1), 36, 7)].map(([name, { size }]) => [name, size]).sort()).toEqual(
    [
      ['00000', 2],
      ['00002', 1],
    ],
  );
  expect(chooseSamples(shardsOf(0, 0), 36, 7).size).toBe(0);

  const large = Array.from({ length: 400 }, (_, seed) => {
    return chooseSamples(shardsOf(900, 100), 1, seed).has('00000');
  }).filter(Boolean).length;
  expect(large).toBeGreaterThan(330);
  expect(large).toBeLessThan(390);
});

test('HostCounter keeps the large hosts when there are more than it counts', () => {
  const counter = new HostCounter(100);
  for (let at = 0; at < 1_000; at += 1) {
    counter.add(`small${at}.example`, 'http_404', 0);
    counter.add('large.example', at % 2 === 0 ? null : 'http_403', 10);
    if (at % 10 === 0) counter.add('gone.example', 'dns_not_found', 0);
  }
  const lists = counter.lists(2);
  expect(lists).toMatchObject({ hosts: { count: 1_002, margin: 0 }, isPartial: true });
  expect(lists.largest[0]).toEqual({
    ...{ host: 'large.example', rows: 1_000, images: 500, bytes: 10_000, refused: 500, dead: 0 },
  });
  expect(lists.dead.map(({ host, dead }) => [host, dead])).toEqual([['gone.example', 100]]);
});

test('Distributions count every image once, also those without a value', () => {
  const distributions = new Distributions();
  const none = {
    originalWidth: null,
    originalHeight: null,
    width: null,
    height: null,
    bytes: null,
    mimeType: null,
    captionLength: null,
  };
  const whole = {
    originalWidth: 100,
    originalHeight: 50,
    width: 64,
    height: 32,
    bytes: 4096,
    mimeType: 'Image/JPEG; q=1',
    captionLength: 1,
  };
  distributions.add(none);
  distributions.add(whole);
  for (let at = 0; at < 2_000; at += 1) distributions.add({ ...whole, mimeType: `x/${at}` });
  for (const { bins, unknown } of distributions.result(true)) {
    expect(bins.reduce((sum, { count }) => sum + count, 0) + unknown).toBe(2_002);
    expect(unknown).toBe(1);
    expect(bins.length).toBeLessThan(20);
  }
  const [original, , ratio, bytes] = distributions.result(false);
  expect(original?.bins.find(({ count }) => count > 0)).toEqual({ from: 64, to: 128, count: 2_001 });
  expect(ratio?.bins.find(({ count }) => count > 0)).toMatchObject({ from: 2, to: 3 });
  expect(bytes?.bins.find(({ count }) => count > 0)).toMatchObject({ from: 4096, to: 8192 });
});

test.each([
  ['https://User:pw@Host.example:8080/a?b', 'host.example'],
  ['http:\\\\host.example\\x', 'host.example'],
  ['http://[2001:db8::1]:80/x', '[2001:db8::1]'],
  ['http://[::1/photo.jpg', null],
  ['https://<script>/', null],
  ['data:image/gif;base64,AA//BB', null],
  ['not a url', null],
  ['http://', null],
])('urlHost(%j) is %j', (url, host) => {
  expect(urlHost(url)).toBe(host);
});
