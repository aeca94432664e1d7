import type { Value } from '../../core/columns.ts';

type Boxes = readonly (readonly number[])[];

/**
 * Reads a value of the column that `--bbox-col` names: a list of boxes, or JSON text of one.
 * @returns null for a row without boxes, undefined for a value that is not a list of boxes
 */
export function readBoxes(value: Value): Boxes | null | undefined {
  if (value === null || value === '') return null;
  const boxes: unknown = typeof value === 'string' ? parse(value) : value;
  if (boxes === null) return null;
  if (!Array.isArray(boxes)) return undefined;
  const read = boxes.map(readBox);
  return read.every((box) => box !== undefined) ? read : undefined;
}

function readBox(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const box = value.map((edge) =>
    typeof edge === 'number' || typeof edge === 'bigint' ? Number(edge) : Number.NaN,
  );
  return box.every((edge) => edge >= 0 && edge <= 1) ? box : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
