import { describe, expect, onTestFinished, test } from 'vitest';
import { DnsCache, type DnsOptions } from '../../../src/fetch/connect/dns.ts';
import type { DnsAnswer } from '../../support/box/answers.ts';
import type { BoxOptions } from '../../support/box/box.ts';
import { useBox } from '../../support/box/use-box.ts';
import { hashFraction } from '../../support/bytes/hash.ts';
import { MALFORMED_DNS, type MalformedDns } from '../../support/servers/malformed-dns.ts';

/** A cache that asks boxes in their order, and a clock that the test can advance. */
async function useDns(
  answers: readonly ((name: string) => DnsAnswer)[],
  options: Partial<DnsOptions> = {},
  boxOptions: BoxOptions = {},
) {
  const boxes = await Promise.all(answers.map((dns) => useBox({ hosts: { '*': { dns } } }, boxOptions)));
  const clock = { now: 0 };
  const servers = boxes.map((box) => box.dns);
  const dns = new DnsCache({ servers, timeoutMs: 700, now: () => clock.now, ...options });
  onTestFinished(() => dns.close());
  /** The client's ports of all questions for a name, in the order of the questions. */
  const ports = (name: string) => boxes.flatMap((box) => box.stats().dnsPorts[`A ${name}`] ?? []);
  return { dns, clock, ports };
}

const GOOD: DnsAnswer = { a: ['10.0.0.1'] };
const names = (count: number) => Array.from({ length: count }, (_, i) => `h${i}.example`);

describe('DnsCache', () => {
  test.each([
    ['an answer lasts for its time to live', { a: ['10.0.0.1'], ttlSeconds: 300 }, 300],
    ['an answer without a time to live lasts a minute', { a: ['10.0.0.1'], ttlSeconds: 0 }, 60],
    ['an answer with an endless time to live lasts an hour', { a: ['10.0.0.1'], ttlSeconds: 999_999 }, 3600],
    ['"no such name" lasts ten minutes', { rcode: 'NXDOMAIN' }, 600],
    ['a failure of the server lasts a second', { rcode: 'SERVFAIL' }, 1],
  ] as [string, DnsAnswer, number][])('%s', async (_what, answer, seconds) => {
    let asked = 0;
    const count = () => {
      asked += 1;
      return answer;
    };
    const { dns, clock } = await useDns([count]);
    const first = await dns.resolve('a.example');
    const perLookup = asked;
    clock.now = seconds * 1000 - 1;
    expect(await dns.resolve('a.example')).toEqual(first);
    expect(asked).toBe(perLookup);
    clock.now = seconds * 1000;
    await dns.resolve('a.example');
    expect(asked).toBe(2 * perLookup);
  });

  test.each<[string, DnsAnswer]>([
    ['is silent', { silent: true }],
    ['fails', { rcode: 'SERVFAIL' }],
    ['refuses', { rcode: 'REFUSED' }],
  ])('asks another server if one %s', async (_what, bad) => {
    const { dns } = await useDns([() => bad, () => ({ a: ['10.0.0.1'] })]);
    expect(await dns.resolve('a.example')).toEqual({ ok: true, addresses: ['10.0.0.1'] });
  });

  test('asks again when a server drops questions, and loses few names', async () => {
    const asked = new Map<string, number>();
    const drops = (name: string): DnsAnswer => {
      const times = (asked.get(name) ?? 0) + 1;
      asked.set(name, times);
      return hashFraction(`${name} ${times}`) < 0.3 ? { silent: true } : { a: ['10.0.0.1'] };
    };
    const { dns } = await useDns([drops], { timeoutMs: 1400 });
    const answers = await Promise.all(names(300).map((name) => dns.resolve(name)));
    expect(answers.filter(({ ok }) => !ok).length).toBeLessThan(20);
    expect(Math.max(...asked.values())).toBeLessThanOrEqual(4);
  });

  const forms = Object.keys(MALFORMED_DNS).filter((form): form is MalformedDns => form in MALFORMED_DNS);
  test.each(forms)('a malformed answer costs only the name that was asked (%s)', async (malformed) => {
    const isBad = (name: string) => name.endsWith('7.example');
    const { dns, ports } = await useDns([(name) => (isBad(name) ? { malformed } : GOOD)]);
    const answers = await Promise.all(names(100).map((name) => dns.resolve(name)));
    for (const [position, answer] of answers.entries()) {
      if (!isBad(`h${position}.example`)) expect(answer).toEqual({ ok: true, addresses: ['10.0.0.1'] });
      else expect(answer).toMatchObject({ code: expect.stringMatching(/^dns_(failed|timeout)$/) });
    }
    // Asked again, and from another port.
    expect(new Set(ports('h7.example')).size).toBeGreaterThan(1);
  });

  test('after a malformed answer a name is asked for once more, from another port', async () => {
    const asked = new Map<string, number>();
    const badOnce = (name: string): DnsAnswer => {
      asked.set(name, (asked.get(name) ?? 0) + 1);
      return asked.get(name) === 1 ? { malformed: 'A of 3 bytes' } : GOOD;
    };
    const { dns } = await useDns([badOnce]);
    expect(await dns.resolve('a.example')).toMatchObject({ ok: true });
    const always = await useDns([() => ({ malformed: 'A of 3 bytes' })]);
    expect(await always.dns.resolve('a.example')).toEqual({ ok: false, code: 'dns_failed' });
    expect(always.ports('a.example').length).toBe(2);
    expect(new Set(always.ports('a.example')).size).toBe(2);
  });

  test('stray datagrams from the address of the server change nothing', async () => {
    // Each question meets about ten of them before its answer.
    const slow: DnsAnswer = { ...GOOD, delayMs: 100 };
    const { dns, ports } = await useDns([() => slow], { timeoutMs: 20_000 }, { strayDatagrams: 100 });
    const answers = await Promise.all(names(200).map((name) => dns.resolve(name)));
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
    // A machine that is busy elsewhere delays some questions enough to be asked again; strays would cost nearly all.
    expect(names(200).filter((name) => ports(name).length > 1).length).toBeLessThan(20);
  });

  test('questions come from many ports', async () => {
    const { dns, ports } = await useDns([() => GOOD]);
    for (const name of names(100)) await dns.resolve(name);
    expect(new Set(names(100).flatMap(ports)).size).toBeGreaterThan(3);
  });

  test('an answer too long for a datagram is asked for over TCP', async () => {
    const a = Array.from({ length: 100 }, (_, i) => `10.0.1.${i}`);
    const { dns } = await useDns([() => ({ a, truncated: true })]);
    expect(await dns.resolve('a.example')).toEqual({ ok: true, addresses: a });
  });

  test('a name has IPv6 addresses only if it has no IPv4 address', async () => {
    const { dns } = await useDns([
      (name) => (name === 'six.example' ? { a: [], aaaa: ['fd00::1'] } : { ...GOOD, aaaa: ['fd00::1'] }),
    ]);
    expect(await dns.resolve('six.example')).toEqual({ ok: true, addresses: ['fd00::1'] });
    expect(await dns.resolve('both.example')).toEqual({ ok: true, addresses: ['10.0.0.1'] });
  });

  test('a CNAME that leads to no address is a name that does not exist', async () => {
    const { dns } = await useDns([() => ({ cname: 'loop.example' })]);
    expect(await dns.resolve('loop.example')).toEqual({ ok: false, code: 'dns_not_found' });
  });

  test('no server is asked for what cannot be a name', async () => {
    const { dns, ports } = await useDns([() => GOOD]);
    expect(await dns.resolve('a..example')).toEqual({ ok: false, code: 'dns_not_found' });
    expect(ports('a..example')).toEqual([]);
  });

  test('a server that nobody runs is known at once', async () => {
    const dns = new DnsCache({ servers: ['127.0.0.1:1'], timeoutMs: 600_000 });
    onTestFinished(() => dns.close());
    expect(await dns.resolve('a.example')).toEqual({ ok: false, code: 'dns_timeout' });
  });

  test('a server that answers fast is not waited for as long as one that never has', async () => {
    const { dns } = await useDns([(name) => (name === 'mute.example' ? { silent: true } : GOOD)], {
      timeoutMs: 600_000,
    });
    for (const name of names(100)) await dns.resolve(name);
    expect(await dns.resolve('mute.example')).toEqual({ ok: false, code: 'dns_timeout' });
  });

  test('a server that slows down is given more time', async () => {
    const mood = { delayMs: 0 };
    const { dns } = await useDns([() => ({ ...GOOD, ...mood })], { timeoutMs: 8_000 });
    for (const name of names(50)) await dns.resolve(name);
    mood.delayMs = 500;
    await Promise.all(names(8).map((name) => dns.resolve(`slow.${name}`)));
    expect(await dns.resolve('late.example')).toMatchObject({ ok: true });
  });

  test('closing abandons the questions under way', async () => {
    const { dns } = await useDns([() => ({ silent: true })], { timeoutMs: 600_000 });
    const answers = names(20).map((name) => dns.resolve(name));
    await new Promise(setImmediate);
    dns.close();
    expect((await Promise.all(answers)).filter(({ ok }) => ok)).toEqual([]);
  });
});
