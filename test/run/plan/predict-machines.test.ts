import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import type { Limits } from '../../../src/run/plan/predict.ts';
import { predictMachines } from '../../../src/run/plan/predict-machines.ts';

const LIMITS: Limits = {
  ...{ cores: 2, decoders: 2, lanes: 1, concurrency: 1024, perHost: 16, timeoutMs: 10_000, retries: 2 },
  ...{ perHostRate: null, rate: null, bandwidth: null, stores: true },
};
const work = (seconds: number) => ({ bounds: [{ kind: 'processor', seconds } as const] });
const largest = (rows: number, others: readonly number[] = []) => ({
  usable: [rows, ...others].reduce((sum, each) => sum + each, 0),
  hosts: { largest: [{ host: 'big.example' as HostKey, rows }], sizes: [rows, ...others] },
});

test('machines divide the work, and the limit of the largest host stays', () => {
  // 0.27 s an answer and 16 connections: 1,600 rows take 27 s.
  const [chosen, more] = predictMachines(10, work(100), largest(1_600), LIMITS);
  expect(chosen).toMatchObject({ perHost: 16, seconds: 27, busy: 4, host: 'big.example' });
  expect(more).toMatchObject({ perHost: 64, seconds: 10, busy: 10, host: null });
});

test('--rate bounds the run on any number of machines', () => {
  const bounds = [...work(100).bounds, { kind: 'rate', seconds: 80 } as const];
  expect(predictMachines(10, { bounds }, largest(1), LIMITS)[0]).toMatchObject({ seconds: 80, busy: 2 });
});

test('no limit is above 1,024 unless it was chosen, and more machines never take longer', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4096 }),
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.integer({ min: 1, max: 1e7 }),
      (perHost, machines, seconds, rows) => {
        const limits = { ...LIMITS, perHost };
        const [few, many] = [machines, machines + 1].map((count) =>
          predictMachines(count, work(seconds), largest(rows), limits),
        );
        for (const { perHost: shown } of few?.slice(1) ?? []) expect(shown).toBeLessThanOrEqual(1_024);
        for (const [at, each] of few?.entries() ?? [])
          expect(many?.[at]?.seconds).toBeLessThanOrEqual(each.seconds);
      },
    ),
  );
});

test('90 % of the rows of LAION-400M are in after 14 hours, with work for 8 machines of 1,000 rows/s', () => {
  // Hosts of 10,000 rows of LAION: 1, 12, 55, 179, 542 and 3,684 of about these sizes, and 16 connections of 0.27 s.
  const bands = [
    [1, 640],
    [12, 105],
    [55, 29],
    [179, 8.4],
    [542, 2.43],
    [3_684, 1],
  ] as const;
  const sizes = bands.flatMap(([hosts, rows]) => new Array<number>(hosts).fill(rows * 41_300));
  const counts = largest(sizes[0] ?? 0, sizes.slice(1));
  const [chosen] = predictMachines(100, work(counts.usable / 1_000), counts, LIMITS);
  expect((chosen?.seconds ?? 0) / 86_400).toBeCloseTo(5.2, 1);
  expect((chosen?.mostSeconds ?? 0) / 3_600).toBeCloseTo(13, 0);
  expect(chosen?.busy).toBeGreaterThanOrEqual(8);
  expect(chosen?.busy).toBeLessThanOrEqual(9);
});
