import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Admission } from '../../../src/image/workers/admission.ts';

interface Item {
  readonly id: number;
  readonly reservedBytes: number;
}

const BUDGET = 100;
const image = fc.record({
  bytes: fc.oneof(
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 60, max: 300 }),
    fc.constant(Number.POSITIVE_INFINITY),
  ),
  /** How each try to decode it ends: it is done, its process dies, or it was waiting behind an image whose process died. */
  ends: fc.array(fc.constantFrom('done', 'dies', 'held-up'), { minLength: 1, maxLength: 3 }),
});

describe('Admission', () => {
  test('exceeds its budget only for a single job, keeps the order, and admits every job', () => {
    fc.assert(
      fc.property(fc.array(image, { maxLength: 40 }), fc.infiniteStream(fc.nat(1000)), (images, chance) => {
        const admission = new Admission<Item>(BUDGET);
        const underWay: Item[] = [];
        const settled = new Set<number>();
        const firstAdmissions: number[] = [];
        const tries = new Map<number, number>();
        const draw = (): number => chance.next().value ?? 0;
        let arrived = 0;

        const admit = (): boolean => {
          const item = (admission.hasSuspects && admission.next('suspects')) || admission.next('ordinary');
          if (!item) return false;
          if (!tries.has(item.id)) firstAdmissions.push(item.id);
          tries.set(item.id, (tries.get(item.id) ?? 0) + 1);
          underWay.push(item);
          const sum = underWay.reduce((bytes, { reservedBytes }) => bytes + reservedBytes, 0);
          expect(sum <= BUDGET || underWay.length === 1).toBe(true);
          return true;
        };
        const end = (): void => {
          const [item] = underWay.splice(draw() % underWay.length, 1);
          if (item === undefined) return;
          admission.release(item);
          const how = images[item.id]?.ends[(tries.get(item.id) ?? 1) - 1] ?? 'done';
          if (how === 'dies') admission.add(item, 'suspects');
          else if (how === 'held-up') admission.addFirst([item]);
          else settled.add(item.id);
        };

        while (settled.size < images.length) {
          const wantsArrival = arrived < images.length && draw() % 3 === 0;
          if (wantsArrival) {
            admission.add({ id: arrived, reservedBytes: images[arrived]?.bytes ?? 0 });
            arrived += 1;
          } else if (!(draw() % 2 === 0 && admit()) && underWay.length > 0) end();
          // With nothing in progress the first job is admitted, however much it needs.
          else if (underWay.length === 0 && arrived > settled.size) expect(admit()).toBe(true);
        }
        expect(firstAdmissions).toEqual(images.map((_, id) => id));
        expect(admission.drain()).toEqual([]);
        // The whole budget is available again.
        admission.add({ id: -1, reservedBytes: BUDGET });
        expect(admission.next('ordinary')).toBeDefined();
      }),
    );
  });

  test('a suspect that waits for memory is not admitted from the ordinary queue', () => {
    const admission = new Admission<Item>(BUDGET);
    admission.add({ id: 0, reservedBytes: 60 });
    admission.add({ id: 1, reservedBytes: 60 }, 'suspects');
    const first = admission.next('ordinary');
    expect(admission.next('suspects')).toBeUndefined();
    if (first) admission.release(first);
    expect(admission.next('suspects')?.id).toBe(1);
    expect(admission.hasSuspects).toBe(false);
  });
});
