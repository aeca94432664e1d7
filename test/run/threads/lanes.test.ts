import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { EXIT, UserError } from '../../../src/core/errors.ts';
import type { HostKey } from '../../../src/core/samples.ts';
import { laneOf } from '../../../src/run/threads/lane-of.ts';
import { Outbox } from '../../../src/run/threads/outbox.ts';
import { countLanes, shareOptions } from '../../../src/run/threads/share-options.ts';
import { fromThreadError, toThreadError } from '../../../src/run/threads/thread-error.ts';

const { options } = resolveOptions([]);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('shareOptions()', () => {
  const whole = fc.integer({ min: 1, max: 65_536 });

  test('gives every lane a decoder and a request, and the lanes together everything that is allowed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        whole,
        whole,
        whole,
        (lanes, decoders, concurrency, rate) => {
          const asked = { ...options, lanes, decoders, concurrency, rate, bandwidth: 1024 * rate };
          const count = countLanes(asked);
          const shares = shareOptions(asked, count);
          expect(shares.length).toBe(Math.min(lanes, decoders, concurrency));
          expect(sum(shares.map((share) => share.decoders))).toBe(decoders);
          expect(sum(shares.map((share) => share.concurrency))).toBe(concurrency);
          expect(sum(shares.map((share) => share.rate ?? 0))).toBeCloseTo(rate);
          expect(sum(shares.map((share) => share.bandwidth ?? 0))).toBeCloseTo(1024 * rate);
          for (const each of shares) expect(Math.min(each.decoders, each.concurrency)).toBeGreaterThan(0);
        },
      ),
    );
  });

  test('divides the limit of an address exactly, among no more lanes than it has connections', () => {
    for (const perAddress of [1, 2, 3, 7, 100]) {
      const asked = { ...options, lanes: 4, decoders: 8, perAddress };
      const shares = shareOptions(asked, countLanes(asked)).map((share) => share.perAddress ?? 0);
      expect(shares.length).toBe(Math.min(4, perAddress));
      expect(sum(shares)).toBe(perAddress);
      expect(Math.min(...shares)).toBeGreaterThan(0);
    }
  });

  test('does not divide limits for each host or missing limits', () => {
    const asked = { ...options, perHost: 7, perHostRate: 3, decoders: 8, rate: null, bandwidth: null };
    for (const share of shareOptions(asked, 4)) {
      expect(share).toMatchObject({ perHost: 7, perHostRate: 3, rate: null, bandwidth: null });
    }
  });
});

describe('laneOf()', () => {
  test('spreads hosts evenly over any number of lanes', () => {
    const hosts = Array.from({ length: 6400 }, (_, i) => `www.site${i}.example` as HostKey);
    for (const lanes of [1, 2, 3, 8, 64]) {
      const counts = Array.from({ length: lanes }, () => 0);
      for (const host of hosts) counts[laneOf(host, lanes)] = (counts[laneOf(host, lanes)] ?? Number.NaN) + 1;
      expect(sum(counts)).toBe(6400);
      expect(Math.min(...counts)).toBeGreaterThan((6400 / lanes) * 0.6);
    }
  });
});

describe('an error', () => {
  test('arrives unchanged from another thread', () => {
    const mistake = new UserError(EXIT.environment, 'Cannot go on: no name servers');
    const found = fromThreadError(structuredClone(toThreadError(mistake)));
    expect(found).toBeInstanceOf(UserError);
    expect(found).toMatchObject({
      message: mistake.message,
      exitCode: EXIT.environment,
      stack: mistake.stack,
    });
    const bug = new TypeError('x is not a function');
    expect(fromThreadError(structuredClone(toThreadError(bug)))).not.toBeInstanceOf(UserError);
    expect(fromThreadError(toThreadError(bug)).stack).toBe(bug.stack);
    expect(fromThreadError(toThreadError('words')).message).toBe('words');
  });
});

describe('Outbox', () => {
  test('posts the messages of one turn together, in order, and transfers their memory', async () => {
    const posts: (readonly [readonly number[], readonly ArrayBuffer[]])[] = [];
    const outbox = new Outbox<number>((messages, owned) => posts.push([messages, owned]));
    const memory = new ArrayBuffer(8);
    outbox.push(1);
    outbox.push(2, memory);
    expect(posts).toEqual([]);
    await new Promise(setImmediate);
    outbox.push(3);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(posts).toEqual([
      [[1, 2], [memory]],
      [[3], []],
    ]);
  });
});
