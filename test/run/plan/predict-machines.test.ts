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
const largest = (rows: number) => ({ largest: [{ host: 'big.example' as HostKey, rows }] });

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
