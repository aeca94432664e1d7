import { describe, expect, onTestFinished, test } from 'vitest';
import { DnsCache, type DnsOptions } from '../../../src/fetch/connect/dns.ts';
import type { DnsAnswer } from '../../support/box/answers.ts';
import { useBox } from '../../support/box/use-box.ts';
import { hashFraction } from '../../support/bytes/hash.ts';

/** A cache that asks boxes in their order, and a clock that the test can advance. */
async function useDns(answers: readonly ((name: string) => DnsAnswer)[], options: Partial<DnsOptions> = {}) {
  const boxes = await Promise.all(answers.map((dns) => useBox({ hosts: { '*': { dns } } })));
  const clock = { now: 0 };
  const servers = boxes.map((box) => box.dns);
  const dns = new DnsCache({ servers, timeoutMs: 700, now: () => clock.now, ...options });
  onTestFinished(() => dns.close());
  return { dns, clock, questions: () => boxes.map((box) => box.stats().dns) };
}

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
    const names = Array.from({ length: 300 }, (_, i) => `h${i}.example`);
    const answers = await Promise.all(names.map((name) => dns.resolve(name)));
    expect(answers.filter(({ ok }) => !ok).length).toBeLessThan(20);
    expect(Math.max(...asked.values())).toBeLessThanOrEqual(4);
  });
});
