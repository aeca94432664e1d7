import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { type Limits, type Prediction, predict } from '../../../src/run/plan/predict.ts';

const LIMITS: Limits = {
  cores: 2,
  decoders: 2,
  lanes: 1,
  concurrency: 65_536,
  perHost: 16,
  timeoutMs: 10_000,
  retries: 2,
  perHostRate: null,
  rate: null,
  bandwidth: null,
  stores: true,
};
const COST = { coreMs: 4, accepted: 1, keptBytes: 0, encodedBytes: 20_000 };

function indexCount(usable: number, ...largest: readonly number[]) {
  const hosts = largest.map((rows, rank) => ({ host: `h${rank}.example` as HostKey, rows }));
  return { rows: usable, usable, meanPixels: null, heldBytes: null, hosts: { largest: hosts } };
}

const seconds = ({ bounds }: Prediction, kind: string) =>
  bounds.find((bound) => bound.kind === kind)?.seconds;

describe('predict()', () => {
  it('names the processor: decoders and engine share the cores', () => {
    const found = predict(indexCount(100_000, 10), LIMITS, COST);
    // 70,000 images of 4 ms and 100,000 rows of 1.7 ms, on 2 cores that are busy for 80 % of the time.
    expect(found.bounds[0]).toEqual({ kind: 'processor', seconds: 281.25 });
    expect(found.seconds).toBe(281.25);
  });

  it('adds the time that silent hosts need beyond their head start', () => {
    const { retries, timeoutMs } = { retries: 2, timeoutMs: 60_000 };
    const found = predict(indexCount(100_000, 10), { ...LIMITS, retries, timeoutMs }, COST);
    // Three times a minute; the rows of 46 s are read ahead.
    expect(found.tailSeconds).toBeCloseTo(3 * 60 - 281.25 * 0.16384);
    expect(found.seconds).toBe(281.25 + found.tailSeconds);
  });

  it('knows that one decoder uses one core, and each lane another', () => {
    const slow = { ...COST, coreMs: 20 };
    expect(seconds(predict(indexCount(1000), { ...LIMITS, decoders: 1 }, slow), 'processor')).toBe(14);
    const large = { ...LIMITS, cores: 64, decoders: 64 };
    expect(seconds(predict(indexCount(1000), large, COST), 'processor')).toBe(1.7);
    expect(seconds(predict(indexCount(1000), { ...large, lanes: 8 }, COST), 'processor')).toBe(0.2125);
  });

  it.each<[kind: string, limits: Partial<Limits>, seconds: number]>([
    ['concurrency', { concurrency: 10 }, 10_200],
    ['rate', { rate: 10 }, 10_500],
    ['bandwidth', { bandwidth: 1_000_000 }, 6_660],
  ])('names --%s if that is the tightest limit', (kind, limits, expected) => {
    const { bounds } = predict(indexCount(100_000), { ...LIMITS, ...limits }, COST);
    expect(bounds[0]?.kind).toBe(kind);
    expect(bounds[0]?.seconds).toBeCloseTo(expected);
  });

  it('names the host with the most rows, and others that need half of the time', () => {
    const found = predict(indexCount(1_000, 160, 120, 40), { ...LIMITS, perHost: 1, timeoutMs: 10 }, COST);
    expect(found.bounds.slice(0, 2)).toEqual([
      { kind: 'host', host: 'h0.example', rows: 160, seconds: 160 * 0.27 },
      { kind: 'host', host: 'h1.example', rows: 120, seconds: 120 * 0.27 },
    ]);
    expect(found.bounds.filter(({ kind }) => kind === 'host')).toHaveLength(2);
  });

  it('lists five hosts at most', () => {
    const found = predict(
      indexCount(80, ...Array.from({ length: 8 }, () => 10)),
      { ...LIMITS, perHost: 1 },
      COST,
    );
    expect(found.bounds.filter(({ kind }) => kind === 'host').length).toBeLessThanOrEqual(5);
  });

  it('considers the rate and the connections of a host, whichever is slower', () => {
    const limits = { ...LIMITS, perHostRate: 2 };
    expect(seconds(predict(indexCount(100, 100), limits, COST), 'host')).toBe(50);
    expect(
      seconds(predict(indexCount(100, 100), { ...limits, perHostRate: 1000 }, COST), 'host'),
    ).toBeCloseTo(1.6875);
  });

  it('derives traffic from the sizes in the index if it has them', () => {
    const assumed = predict(indexCount(1000), LIMITS, COST);
    const told = predict({ ...indexCount(1000), meanPixels: 400_000 }, LIMITS, COST);
    expect([assumed.imageBytes, told.imageBytes]).toEqual([88_000, 100_000]);
    expect(told.trafficBytes - assumed.trafficBytes).toBe(700 * 12_000);
  });

  it('counts encoded images, kept images and metadata on disk', () => {
    const disk = (cost: Partial<typeof COST>, limits: Partial<Limits> = {}) =>
      predict(indexCount(1000), { ...LIMITS, ...limits }, { ...COST, ...cost }).diskBytes;
    expect(disk({})).toBe(700 * 23_500 + 300_000);
    expect(disk({ keptBytes: 1, encodedBytes: 0 })).toBe(700 * 91_500 + 300_000);
    expect(disk({ accepted: 0, encodedBytes: 0 })).toBe(300_000);
    expect(disk({}, { stores: false })).toBe(0);
  });

  it('requests nothing for rows that hold their images', () => {
    const counts = { ...indexCount(1000), rows: 1100, heldBytes: 5_000_000 };
    const found = predict(counts, { ...LIMITS, rate: 1, bandwidth: 1 }, { ...COST, keptBytes: 0.5 });
    // Images of 4 ms and rows of 1.7 ms, on 2 cores that are busy for 80 % of the time.
    expect(found.bounds).toEqual([{ kind: 'processor', seconds: 3.5625 }]);
    expect(found).toMatchObject({ seconds: 3.5625, tailSeconds: 0, successes: 1000, imageBytes: 5000 });
    expect(found).toMatchObject({ requests: 0, trafficBytes: 0, diskBytes: 1000 * 26_000 + 330_000 });
  });

  it('predicts nothing for an index without rows', () => {
    expect(predict(indexCount(0), { ...LIMITS, rate: 1, bandwidth: 1 }, COST)).toMatchObject({
      seconds: 0,
      successes: 0,
      trafficBytes: 0,
      diskBytes: 0,
    });
  });

  it('is never slower with a higher limit', () => {
    const positive = fc.integer({ min: 1, max: 10_000 });
    const limits = fc.record({
      cores: positive,
      decoders: positive,
      concurrency: positive,
      perHost: positive,
      perHostRate: positive,
      rate: positive,
      bandwidth: positive,
    });
    const name = fc.constantFrom(
      'cores',
      'decoders',
      'concurrency',
      'perHost',
      'perHostRate',
      'rate',
      'bandwidth',
    );
    fc.assert(
      fc.property(positive, limits, name, (rows, narrow, wider) => {
        const time = (some: Partial<Limits>) =>
          predict(indexCount(rows, rows), { ...LIMITS, ...some }, COST).seconds;
        expect(time({ ...narrow, [wider]: narrow[wider] * 2 })).toBeLessThanOrEqual(time(narrow));
      }),
    );
  });
});
