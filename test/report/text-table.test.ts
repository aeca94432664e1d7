import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textTable } from '../../src/report/text-table.ts';
import { displayWidth } from '../../src/util/text/terminal-text.ts';

describe('textTable()', () => {
  it('aligns columns, wide characters included', () => {
    expect(
      textTable(
        ['a', 'name'],
        [
          ['1', '猫'],
          ['22', 'x'],
        ],
        40,
      ),
    ).toEqual(['a   name', '1   猫', '22  x']);
  });

  it('cuts the widest columns first', () => {
    const [, row] = textTable(['id', 'url'], [['12345678', 'x'.repeat(50)]], 30);
    expect(row).toBe(`12345678  ${'x'.repeat(19)}…`);
  });

  it('omits columns without room and names them', () => {
    const head = ['one', 'two', 'three', 'four'];
    const wide = head.map(() => 'x'.repeat(20));
    expect(textTable(head, [wide], 20)).toEqual([
      'one        two',
      `${'x'.repeat(8)}…  ${'x'.repeat(8)}…`,
      'and 2 more: three, …',
    ]);
  });

  it('shows rows that lack cells', () => {
    expect(textTable(['a', 'b'], [['line 3: too short']], 40)).toEqual([
      'a                  b',
      'line 3: too short',
    ]);
  });

  it('is never wider than requested', () => {
    const cells = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        cells,
        fc.array(cells, { maxLength: 3 }),
        fc.integer({ min: 10, max: 120 }),
        (head, rows, width) => {
          for (const line of textTable(head, rows, width))
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
