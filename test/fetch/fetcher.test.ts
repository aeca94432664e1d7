import { describe, expect, test } from 'vitest';
import type { Fetcher } from '../../src/fetch/fetcher.ts';
import type { HostEvent } from '../../src/fetch/hosts/host-event.ts';
import type { FetchResult } from '../../src/fetch/result.ts';
import type { FetchSettings } from '../../src/fetch/settings.ts';
import type { Answer, WebScript } from '../support/box/answers.ts';
import type { Box } from '../support/box/box.ts';
import { useBox } from '../support/box/use-box.ts';
import { outcome } from '../support/fetch-settings.ts';
import { useFetcher as useAnyFetcher } from '../support/use-fetcher.ts';

const IMAGE: Answer = { body: { image: { width: 40, height: 30, seed: 1 } } };

const useFetcher = (box: Box, settings: Partial<FetchSettings> = {}): Fetcher =>
  useAnyFetcher({ resolvers: [box.dns], ...settings });

/** Fetches one page of a host that answers as scripted. */
async function fetchAnswer(
  reply: Answer | readonly Answer[],
  settings?: Partial<FetchSettings>,
): Promise<FetchResult> {
  const box = await useBox({ hosts: { 'a.example': { paths: { '/x': reply, '/ok': IMAGE } } } });
  return useFetcher(box, settings).fetch(box.url('a.example', '/x'));
}

describe('Fetcher', () => {
  test('returns the body and its content type, and sends an honest request', async () => {
    const box = await useBox({ hosts: { 'a.example': { paths: { '/x?y=1': IMAGE } } } });
    const url = box.url('a.example', '/x?y=1');
    const result = await useFetcher(box).fetch(url);
    expect(result).toMatchObject({
      ok: true,
      contentType: 'image/png',
      facts: { httpStatus: 200, finalUrl: url, attempts: 1 },
    });
    expect(result.ok && result.body.subarray(1, 4).toString()).toBe('PNG');
    const { headers } = box.stats().hosts['a.example'] ?? {};
    expect(headers).toMatchObject({ 'user-agent': ['laion-fetch/test'], 'accept-encoding': ['identity'] });
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('referer');
  });

  test.each<[string, Answer, string]>([
    ['404', { status: 404, body: { text: 'gone' } }, 'http_404'],
    ['418', { status: 418 }, 'http_4xx'],
    ['500', { status: 500 }, 'http_500'],
    ['521', { status: 521 }, 'http_52x'],
    ['501', { status: 501 }, 'http_5xx'],
    ['204', { status: 204 }, 'body_empty'],
    ['an empty 200', {}, 'body_empty'],
    ['304', { status: 304 }, 'http_status'],
    ['a redirect to nowhere', { status: 302 }, 'redirect_invalid'],
    ['a redirect to a file', { redirect: 'file:///etc/passwd' }, 'redirect_invalid'],
    ['a redirect loop', { redirect: '/x' }, 'redirect_limit'],
    ['an opt-out', { headers: [['X-Robots-Tag', 'noai']], ...IMAGE }, 'optout_x_robots'],
    ['an opt-out on a redirect', { headers: [['X-Robots-Tag', 'noai']], redirect: '/ok' }, 'optout_x_robots'],
    ['a reservation', { headers: [['TDM-Reservation', '1']], ...IMAGE }, 'optout_header'],
    [
      'a reservation on a redirect',
      { headers: [['Content-Usage', 'train-ai=n']], redirect: '/ok' },
      'optout_header',
    ],
    ['silence', { hang: true }, 'timeout'],
    ['a drip', { body: { zeros: 1000 }, drip: { bytes: 1, everyMs: 50 } }, 'deadline'],
    ['endless early hints', { earlyHintsForever: true }, 'deadline'],
    ['a body that never ends', { endless: true }, 'body_too_large'],
    ['a body that is announced too large', { body: { zeros: 100_001 } }, 'body_too_large'],
    ['a short body', { body: { zeros: 1000 }, truncateAt: 10 }, 'body_truncated'],
    ['a reset before the headers', { reset: 'before-headers' }, 'connection_reset'],
    ['a reset within the body', { body: { zeros: 50_000 }, reset: 'mid-body' }, 'connection_reset'],
    ['a flood of headers', { headerFlood: { count: 100, bytes: 1000 } }, 'headers_too_large'],
    ['too many small headers', { headerFlood: { count: 400, bytes: 1 } }, 'headers_too_large'],
    ['no HTTP', { raw: 'SSH-2.0-OpenSSH_9.2\r\n\r\n' }, 'http_malformed'],
    [
      'an unknown coding',
      { body: { text: 'x' }, headers: [['Content-Encoding', 'none']] },
      'encoding_invalid',
    ],
    ['a bomb', { body: { zeros: 5_000_000 }, encoding: 'br' }, 'body_too_large'],
    [
      'a broken coding',
      { body: { text: 'plain' }, headers: [['Content-Encoding', 'gzip']] },
      'encoding_invalid',
    ],
  ])('%s ends as its own failure', async (_name, answer, code) => {
    expect(outcome(await fetchAnswer(answer))).toBe(code);
  });

  test.each([300, 301, 302, 307])('takes the image of a %d without a Location', async (status) => {
    const type = (value: string): Answer => ({ ...IMAGE, status, headers: [['Content-Type', value]] });
    expect(outcome(await fetchAnswer(type('image/jpeg')))).toBe('ok');
    expect(outcome(await fetchAnswer(type('IMAGE/PNG')))).toBe('ok');
    const code = status === 300 ? 'http_status' : 'redirect_invalid';
    expect(outcome(await fetchAnswer(type('text/html')))).toBe(code);
    const optOut: Answer = {
      ...type('image/jpeg'),
      headers: [
        ['Content-Type', 'image/jpeg'],
        ['X-Robots-Tag', 'noai'],
      ],
    };
    expect(outcome(await fetchAnswer(optOut))).toBe('optout_x_robots');
  });

  test('decodes a body whose server ignores accept-encoding: identity', async () => {
    const result = await fetchAnswer({ body: { text: 'hello' }, encoding: 'gzip' });
    expect(result.ok && result.body.toString()).toBe('hello');
  });

  test('keeps an answer that refuses only another robot', async () => {
    expect(outcome(await fetchAnswer({ headers: [['X-Robots-Tag', 'googlebot: noai']], ...IMAGE }))).toBe(
      'ok',
    );
  });

  test('follows redirects from host to host and reports the last URL', async () => {
    const box = await useBox({
      hosts: {
        'a.example': {
          paths: { '/1': { redirect: '/2' }, '/2': { redirect: 'http://b.example:18080/3', status: 308 } },
        },
        'b.example': { paths: { '/3': IMAGE } },
      },
    });
    const result = await useFetcher(box).fetch(box.url('a.example', '/1'));
    expect(result).toMatchObject({ ok: true, facts: { attempts: 1, finalUrl: box.url('b.example', '/3') } });
  });

  test('each broken name, address and certificate has its own failure code', async () => {
    const box = await useBox({
      hosts: {
        'dead.example': { dns: { rcode: 'NXDOMAIN' } },
        'broken.example': { dns: { rcode: 'SERVFAIL' } },
        'silent.example': { dns: { silent: true } },
        'empty.example': { dns: { a: [] } },
        'inside.example': { dns: { a: ['10.0.0.1'] } },
        'mixed.example': { dns: { a: ['10.0.0.1', 'box'] }, paths: { '/': IMAGE } },
        'out.example': { paths: { '/': { redirect: 'http://10.0.0.1/' } } },
        'self.example': { tls: 'self-signed', paths: { '/': IMAGE } },
        'other.example': { tls: 'wrong-host', paths: { '/': IMAGE } },
        'shut.example': { tls: 'refused' },
        'mute.example': { tls: 'silent' },
      },
    });
    const fetcher = useFetcher(box, { insecureTls: false, deadlineMs: 20_000 });
    const http = async (host: string) => outcome(await fetcher.fetch(box.url(host, '/')));
    const https = async (host: string) => outcome(await fetcher.fetch(box.url(host, '/', 'https')));
    const found = {
      dead: await http('dead.example'),
      broken: await http('broken.example'),
      silent: await http('silent.example'),
      empty: await http('empty.example'),
      inside: await http('inside.example'),
      mixed: await http('mixed.example'),
      out: await http('out.example'),
      literal: outcome(await fetcher.fetch('http://169.254.169.254/latest/meta-data/')),
      self: await https('self.example'),
      other: await https('other.example'),
      mute: await https('mute.example'),
      plain: outcome(await fetcher.fetch(box.url('mixed.example', '/').replace('http:', 'https:'))),
      refused: outcome(await fetcher.fetch(`http://127.0.0.1:${await box.refusedPort()}/`)),
    };
    expect(found).toEqual({
      dead: 'dns_not_found',
      broken: 'dns_failed',
      silent: 'dns_timeout',
      empty: 'dns_not_found',
      inside: 'address_refused',
      mixed: 'ok',
      out: 'address_refused',
      literal: 'address_refused',
      self: 'tls_certificate',
      other: 'tls_certificate',
      mute: 'connect_timeout',
      plain: 'tls_failed',
      refused: 'connect_refused',
    });
  });

  test('follows ten redirects, and no more', async () => {
    const steps = Object.fromEntries(
      Array.from({ length: 11 }, (_, left) => [`/${left + 1}`, { redirect: `/${left}` }]),
    );
    const box = await useBox({ hosts: { 'a.example': { paths: { '/0': IMAGE, ...steps } } } });
    const fetcher = useFetcher(box);
    expect(await fetcher.fetch(box.url('a.example', '/10'))).toMatchObject({
      ok: true,
      facts: { attempts: 1, finalUrl: box.url('a.example', '/0') },
    });
    const failure = { code: 'redirect_limit', message: 'more than 10 redirects' };
    expect(await fetcher.fetch(box.url('a.example', '/11'))).toMatchObject({ ok: false, failure });
  });

  // The box knows neither the name with a dot nor the addresses, and answers 404 to them.
  test.each([
    ['name', ['a.example', 'A.example.', 'a.example..', 'a.example。。。']],
    ['IPv4 address', ['127.0.0.1', '127.1..', '[::ffff:127.0.0.1]', '0x7f000001']],
  ])('all spellings of one %s share its limit', async (_, spellings) => {
    const answer = { ...IMAGE, delayMs: 5 };
    const box = await useBox({ hosts: { 'a.example': { paths: { '*': answer } } } });
    const fetcher = useFetcher(box, { perHost: 2 });
    const { port } = new URL(box.url('a.example', '/'));
    const rows = Array.from({ length: 40 }, (_, i) => `http://${spellings[i % 4]}:${port}/${i}`);
    const results = await Promise.all(rows.map((url) => fetcher.fetch(url)));
    expect(results.every(({ facts }) => facts.httpStatus === 200 || facts.httpStatus === 404)).toBe(true);
    expect(box.stats().connections.http.peak).toBeLessThanOrEqual(2);
  });

  test('dials other ports only in the networks of --allow-private', async () => {
    const box = await useBox({ hosts: {} });
    const fetcher = useFetcher(box, { allowPrivate: [] });
    expect(outcome(await fetcher.fetch('http://example.com:22/'))).toBe('port_refused');
    expect(outcome(await fetcher.fetch('http://127.0.0.1/'))).toBe('address_refused');
    expect(outcome(await useFetcher(box).fetch('http://127.0.0.1:0/'))).toBe('port_refused');
    expect(box.stats().dns).toEqual({});
  });

  test('tries a temporary failure again in a later pass, and a permanent one never', async () => {
    const box = await useBox({
      hosts: {
        'a.example': {
          paths: { '/temporary': [{ status: 503 }, IMAGE], '/permanent': [{ status: 404 }, IMAGE] },
        },
      },
    });
    const fetcher = useFetcher(box, { retries: 2 });
    const [temporary, permanent] = await Promise.all(
      ['/temporary', '/permanent'].map((path) => fetcher.fetch(box.url('a.example', path))),
    );
    expect(temporary).toMatchObject({ ok: true, facts: { attempts: 2 } });
    expect(permanent).toMatchObject({ ok: false, facts: { attempts: 1, httpStatus: 404 } });
    expect(box.stats().hosts['a.example']?.paths).toEqual({ '/temporary': 2, '/permanent': 1 });
  });

  test.each([
    ['a pause longer than our own', '7', 7_000],
    ['no pause at all', '0', 0],
  ])(
    'pauses a host that refuses for as long as Retry-After says: %s',
    async (_pause, retryAfter, pauseMs) => {
      const refused: Answer = { status: 429, headers: [['Retry-After', retryAfter]] };
      const box = await useBox({ hosts: { 'a.example': { paths: { '/x': refused } } } });
      const events: HostEvent[] = [];
      const fetcher = useAnyFetcher({ resolvers: [box.dns] }, { onHost: (event) => events.push(event) });
      await fetcher.fetch(box.url('a.example', '/x'));
      expect(events).toContainEqual({ host: 'a.example', kind: 'paused', status: 429, pauseMs });
    },
  );

  test('a refusal costs a row no retry', async () => {
    const refused: Answer = { status: 429, headers: [['Retry-After', '0']] };
    // Two refusals are more than one retry allows for.
    const result = await fetchAnswer([refused, refused, IMAGE], { retries: 1 });
    expect(result).toMatchObject({ ok: true, facts: { attempts: 3 } });
  });

  test('an unreachable network breaks the circuit and is not blamed on rows', async () => {
    // The kernel refuses to connect to this address with ENETUNREACH and sends nothing.
    const nowhere = '255.255.255.255';
    const box = await useBox({ hosts: { '*': { dns: { a: [nowhere] } } } });
    const errors: Error[] = [];
    const ended: string[] = [];
    const fetcher = useAnyFetcher(
      { resolvers: [box.dns], allowPrivate: [`${nowhere}/32`] },
      { onBroken: (error) => errors.push(error) },
    );
    for (let domain = 0; domain < 20; domain += 1) {
      void fetcher.fetch(`http://www.d${domain}.example/`).then((result) => ended.push(outcome(result)));
    }
    await expect.poll(() => errors.length, { timeout: 10_000 }).toBe(1);
    expect(errors[0]?.message).toMatch(/the network is unreachable: 20 of the last 20 hosts/);
    expect(ended).toEqual([]);
  });

  test('requests the other URLs of a host before one that it refused', async () => {
    const refused: Answer = { status: 429, headers: [['Retry-After', '0']] };
    const box = await useBox({
      hosts: { 'a.example': { paths: { '*': IMAGE, '/refused': [refused, IMAGE] } } },
    });
    const fetcher = useFetcher(box, { perHost: 1, retries: 1 });
    const order: string[] = [];
    const fetchPage = async (page: string) => {
      await fetcher.fetch(box.url('a.example', page));
      order.push(page);
    };
    await Promise.all(['/refused', '/1', '/2'].map(fetchPage));
    expect(order).toEqual(['/1', '/2', '/refused']);
  });

  // A host used to be closed after the second attempt of one of two URLs that it had dropped.
  test('requests the other URLs of a host before it tries one again', async () => {
    const box = await useBox({
      hosts: { 'a.example': { paths: { '*': { reset: 'before-headers' }, '/good': IMAGE } } },
    });
    const fetcher = useFetcher(box, { perHost: 1, retries: 1 });
    const pages = ['/1', '/2', '/good'].map((page) => fetcher.fetch(box.url('a.example', page)));
    expect((await Promise.all(pages)).map(outcome)).toEqual(['connection_reset', 'connection_reset', 'ok']);
  }, 30_000);

  test('closes idle connections that exceed the lowered limit of a host', async () => {
    let limit = 16;
    const box = await useBox({
      hosts: {
        'a.example': {
          paths: {
            '*': () => ({ ...IMAGE, delayMs: 5 }),
            '/busy': () => {
              limit = 8;
              return { status: 429, headers: [['Retry-After', '0']] };
            },
          },
        },
      },
    });
    const fetcher = useFetcher(box);
    const pages = async (from: number, count: number) =>
      void (await Promise.all(
        Array.from({ length: count }, (_, i) => fetcher.fetch(box.url('a.example', `/${from + i}`))),
      ));
    await pages(0, 300);
    expect(box.stats().hosts['a.example']?.connections.open).toBe(limit);
    await fetcher.fetch(box.url('a.example', '/busy'));
    // A row does not wait until the server has closed its side. Left alone, idle connections stay open for 4 s.
    await expect
      .poll(() => box.stats().hosts['a.example']?.connections.open, { timeout: 2_500, interval: 10 })
      .toBeLessThanOrEqual(limit);
  });

  test('looks a name up once for many rows that wait for it', async () => {
    const box = await useBox({ hosts: { '*': { paths: { '*': IMAGE } } } });
    const fetcher = useFetcher(box);
    await Promise.all(Array.from({ length: 50 }, (_, i) => fetcher.fetch(box.url('a.example', `/${i}`))));
    expect(box.stats().dns).toEqual({ 'A a.example': 1 });
  });

  test('never opens more connections to a host than allowed, http and https together', async () => {
    const box = await useBox({ hosts: { '*': { paths: { '*': { ...IMAGE, delayMs: 2 } } } } });
    const fetcher = useFetcher(box, { perHost: 3 });
    const rows = Array.from({ length: 120 }, (_, i) =>
      fetcher.fetch(box.url(i % 2 ? 'a.example' : 'b.example', `/${i}`, i % 3 ? 'http' : 'https')),
    );
    expect((await Promise.all(rows)).every((result) => result.ok)).toBe(true);
    for (const host of ['a.example', 'b.example']) {
      expect(box.stats().hosts[host]?.connections.peak).toBeLessThanOrEqual(3);
    }
  });

  test('reuses connections', async () => {
    const box = await useBox({ hosts: { '*': { paths: { '*': IMAGE, '/gone': { status: 404 } } } } });
    const fetcher = useFetcher(box, { perHost: 3 });
    const pages = Array.from({ length: 60 }, (_, i) => (i % 5 ? `/${i}` : '/gone'));
    await Promise.all(pages.map((page) => fetcher.fetch(box.url('a.example', page, 'https'))));
    expect(box.stats().connections.https.total).toBe(3);
  });

  test('repeats a request at once when a kept connection turns out to be closed', async () => {
    const script: WebScript = {
      hosts: { 'a.example': { paths: { '/1': IMAGE, '/2': [{ reset: 'before-headers' }, IMAGE] } } },
    };
    const box = await useBox(script);
    const fetcher = useFetcher(box);
    await fetcher.fetch(box.url('a.example', '/1'));
    expect(await fetcher.fetch(box.url('a.example', '/2'))).toMatchObject({
      ok: true,
      facts: { attempts: 1 },
    });
  });

  test('leaves no connection open after close()', async () => {
    const box = await useBox({ hosts: { '*': { paths: { '*': IMAGE, '/hang': { hang: true } } } } });
    const fetcher = useFetcher(box);
    void fetcher.fetch(box.url('c.example', '/hang'));
    await Promise.all(['a', 'b'].map((name) => fetcher.fetch(box.url(`${name}.example`, '/'))));
    await fetcher.close();
    await expect.poll(() => box.stats().connections.http.open).toBe(0);
  });
});
