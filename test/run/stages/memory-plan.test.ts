import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/image/job/settings.ts';
import { describeFit, fitProcesses, neededMemory, shareMemory } from '../../../src/run/stages/memory-plan.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const NONE = Number.POSITIVE_INFINITY;

describe('fitProcesses()', () => {
  test.each([
    [300 * MIB, 6, 1],
    [450 * MIB, 6, 2],
    [600 * MIB, 6, 3],
    [512 * MIB, 2, 2],
    [24 * GIB, 2, 2],
    [24 * GIB, 64, 64],
    [64 * MIB, 4, 1],
  ])('with %d bytes, of so many decoders as many fit: %i, %i', (memoryBytes, wanted, decoders) => {
    const processes = { decoders: wanted, lanes: 1 };
    expect(fitProcesses({ memoryBytes, addressSpaceBytes: NONE }, processes)).toEqual({ decoders, lanes: 1 });
  });

  test('starts fewer lanes where the address space or the decoders are few', () => {
    const processes = { decoders: 64, lanes: 8 };
    expect(fitProcesses({ memoryBytes: 64 * GIB, addressSpaceBytes: NONE }, processes)).toEqual(processes);
    expect(fitProcesses({ memoryBytes: 64 * GIB, addressSpaceBytes: 4 * GIB }, processes).lanes).toBe(4);
    expect(fitProcesses({ memoryBytes: 64 * GIB, addressSpaceBytes: 1 * GIB }, processes).lanes).toBe(1);
    expect(fitProcesses({ memoryBytes: 1 * GIB, addressSpaceBytes: NONE }, processes).lanes).toBe(1);
  });

  test('starts all decoders from the memory on that they are said to need', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 512 }), (decoders) => {
        const fitting = (bytes: number) =>
          fitProcesses({ memoryBytes: bytes, addressSpaceBytes: NONE }, { decoders, lanes: 1 }).decoders;
        const needed = neededMemory(decoders);
        expect(fitting(needed + 1)).toBe(decoders);
        expect(fitting(needed - MIB)).toBeLessThan(decoders);
      }),
    );
  });
});

describe('shareMemory()', () => {
  test('leaves a large machine as it was', () => {
    expect(shareMemory(24 * GIB, { decoders: 2, lanes: 1 })).toEqual({
      bodyBytes: 512 * MIB,
      heldBytes: 64 * MIB,
      limits: DEFAULT_LIMITS,
    });
  });

  test('never plans with more than there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 100_000 }), fc.integer({ min: 1, max: 128 }), (mib, wanted) => {
        const memoryBytes = mib * MIB;
        const { decoders } = fitProcesses(
          { memoryBytes, addressSpaceBytes: NONE },
          { decoders: wanted, lanes: 1 },
        );
        const { bodyBytes, heldBytes, limits } = shareMemory(memoryBytes, { decoders, lanes: 1 });
        expect(bodyBytes + decoders * limits.budgetBytesPerDecoder).toBeLessThan(memoryBytes);
        expect(heldBytes).toBeLessThanOrEqual(bodyBytes);
      }),
    );
  });
});

test('describeFit() says how many decoders start instead of how many', () => {
  const fitted = { decoders: 3, lanes: 1 };
  expect(describeFit(600 * MIB, 3, fitted)).toBeNull();
  expect(describeFit(600 * MIB, 6, fitted)).toBe(
    '3 decoders instead of 6: this process and its children may use 600MiB of memory',
  );
});
