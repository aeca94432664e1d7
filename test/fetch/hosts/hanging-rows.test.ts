import { expect, onTestFinished, test, vi } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { Host } from '../../../src/fetch/hosts/host.ts';
import type { HostSignal } from '../../../src/fetch/hosts/host-signal.ts';
import type { Answer } from '../../support/box/answers.ts';
import { useBox } from '../../support/box/use-box.ts';
import { useFetcher } from '../../support/use-fetcher.ts';

const ANSWERED: HostSignal = { kind: 'answered' };
const HANGS: HostSignal = { kind: 'silent', code: 'timeout' };
const RESET: HostSignal = { kind: 'silent', code: 'connection_reset' };

/** A host of which the test decides when requests begin and end, by a clock in milliseconds. */
function useHost(perHost = 16) {
  const host = new Host('a.example' as HostKey, { perHost, intervalMs: 0 });
  let urls = 0;
  /** One request from a moment to another. Returns whether the host dropped it. */
  const ask = (from: number, to: number, signal: HostSignal, isBeside = false): boolean => {
    urls += 1;
    const visit = host.begin(from);
    visit.isBeside = isBeside;
    const isDropped = host.learn(visit, `/${urls}`, signal, to);
    host.leave();
    return isDropped;
  };
  /** Answers of 100 ms each, one after the other. */
  const answer = (from: number, to: number): void => {
    for (let now = from; now < to; now += 100) ask(now, now + 100, ANSWERED);
  };
  return { host, ask, answer };
}

/** The limit of connections after answers over six seconds, beside so many requests that hang from the second one on. */
function limitBeside(hanging: number, { perHost = 16, isBeside = false } = {}): number {
  const { host, answer } = useHost(perHost);
  answer(0, 1_000);
  for (let count = 0; count < hanging; count += 1) host.begin(1_000).isBeside = isBeside;
  answer(1_000, 6_000);
  return host.connectionLimit(6_000);
}

test('requests that hang beside answers to others take no place, within --per-host', () => {
  const usual = limitBeside(0);
  expect(usual).toBeLessThan(12);
  expect([1, 2, 3].map((hanging) => limitBeside(hanging))).toEqual([usual + 1, usual + 2, usual + 3]);
  expect(limitBeside(3, { perHost: 4 })).toBe(4);
});

test('new connections beside others may be waiting for a host that serves one at a time, and take their place', () => {
  expect(limitBeside(3, { isBeside: true })).toBe(limitBeside(0));
});

test('when all requests hang, one more shows whether the host still answers', () => {
  const { host, answer } = useHost();
  answer(0, 1_000);
  const limit = host.connectionLimit(1_000);
  for (let count = 0; count < limit; count += 1) host.begin(1_000);
  expect(host.connectionLimit(3_900)).toBe(limit);
  const moment = host.hangsAt(3_900);
  expect(moment).toBeLessThan(4_100);
  expect(host.connectionLimit(moment)).toBe(limit + 1);
  host.begin(moment);
  expect(host.connectionLimit(20_000)).toBe(limit + 1);
  expect(host.hangsAt(20_000)).toBe(Number.POSITIVE_INFINITY);
});

test('a host that has never answered gets no connections instead of those that hang', () => {
  const { host } = useHost();
  const limit = host.connectionLimit(0);
  for (let count = 0; count < limit; count += 1) host.begin(0);
  expect(host.connectionLimit(9_000)).toBe(limit);
  expect(host.hangsAt(0)).toBe(Number.POSITIVE_INFINITY);
});

test.each([
  ['on a new connection beside another was left waiting', true],
  ['on a used connection, or the only one, has used an attempt', false],
])('a request that hangs %s', (_where, isBeside) => {
  const { host, ask } = useHost();
  ask(0, 100, ANSWERED);
  const hanging = host.begin(200);
  hanging.isBeside = isBeside;
  ask(300, 400, ANSWERED);
  ask(500, 600, ANSWERED);
  expect(host.learn(hanging, '/hangs', HANGS, 10_200)).toBe(isBeside);
  host.leave();
  expect(host.connectionLimit(10_200)).toBe(isBeside ? 1 : 2);
});

test('a host that drops requests twice in a row pauses for five seconds since it was last asked', () => {
  const paused = (signal: HostSignal, ms: number): number => {
    const { host, ask } = useHost();
    ask(0, ms, signal);
    ask(20_000, 20_000 + ms, signal);
    return Math.max(0, host.opensAt - (20_000 + ms));
  };
  expect(paused(RESET, 100)).toBe(4_900);
  expect(paused(HANGS, 2_000)).toBe(3_000);
  expect(paused(HANGS, 10_000)).toBe(0);
});

test('a row that hangs beside answers has its attempts and no more, one directly after the other', async () => {
  // The longest delay before a later attempt.
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.999);
  onTestFinished(() => random.mockRestore());
  const image: Answer = { body: { fixture: 'images/tiny.jpg' } };
  const arrivals: number[] = [];
  const hang = (): Answer => {
    arrivals.push(performance.now());
    return { hang: true };
  };
  const box = await useBox({ hosts: { 'a.example': { paths: { '*': image, '/hangs': hang } } } });
  const fetcher = useFetcher({ resolvers: [box.dns], timeoutMs: 3_000, deadlineMs: 30_000, retries: 1 });
  await fetcher.fetch(box.url('a.example', '/1'));
  const hanging = fetcher.fetch(box.url('a.example', '/hangs'));
  for (const page of ['/2', '/3']) await fetcher.fetch(box.url('a.example', page));
  expect(await hanging).toMatchObject({ ok: false, failure: { code: 'timeout' }, facts: { attempts: 2 } });
  expect(arrivals.length).toBe(2);
  const [first = 0, second = 0] = arrivals;
  // The delay of two seconds counts from the start of the first attempt. After its end, it would be five seconds.
  expect(second - first).toBeLessThan(4_800);
});
