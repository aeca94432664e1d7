/** A curve of a profile: a table, or the numbers of a formula. */
export type CurveTag =
  | { readonly table: readonly number[] }
  | { readonly formula: number; readonly numbers: readonly number[] };

export interface ProfileParts {
  /** XYZ of red, green and blue under D50. */
  readonly primaries: readonly (readonly number[])[];
  readonly curve: CurveTag;
  /** Further tags without content. */
  readonly further?: readonly string[];
  readonly kind?: string;
}

export const SRGB_PRIMARIES = [
  [0.43607, 0.2225, 0.01393],
  [0.38506, 0.71688, 0.0971],
  [0.14308, 0.06062, 0.71417],
];
export const SRGB_FORMULA: CurveTag = {
  formula: 3,
  numbers: [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045],
};

/** sRGB's curve as a table of `count` values. */
export function srgbTable(count: number): CurveTag {
  const light = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return { table: Array.from({ length: count }, (_, place) => light(place / (count - 1))) };
}

/** An ICC profile of primaries and curves. */
export function iccProfile({ primaries, curve, further = [], kind = 'mntr' }: ProfileParts): Buffer {
  const tags: [string, Buffer][] = [
    ...['r', 'g', 'b'].map((name, index): [string, Buffer] => [
      `${name}XYZ`,
      colourTag(primaries[index] ?? []),
    ]),
    ...['r', 'g', 'b'].map((name): [string, Buffer] => [`${name}TRC`, curveTag(curve)]),
    ['wtpt', colourTag([0.9642, 1, 0.8249])],
    ...further.map((name): [string, Buffer] => [name, Buffer.alloc(32)]),
  ];
  const head = Buffer.alloc(132 + 12 * tags.length);
  head.write('lcms', 4);
  head.writeUInt32BE(0x04300000, 8);
  head.write(`${kind}RGB XYZ `, 12);
  head.write('acsp', 36);
  for (const [index, value] of [0.9642, 1, 0.8249].entries())
    head.writeInt32BE(Math.round(value * 65_536), 68 + 4 * index);
  head.writeUInt32BE(tags.length, 128);
  let at = head.length;
  for (const [index, [name, content]] of tags.entries()) {
    head.write(name, 132 + 12 * index);
    head.writeUInt32BE(at, 136 + 12 * index);
    head.writeUInt32BE(content.length, 140 + 12 * index);
    at += content.length;
  }
  const bytes = Buffer.concat([head, ...tags.map(([, content]) => content)]);
  bytes.writeUInt32BE(bytes.length, 0);
  return bytes;
}

function colourTag(values: readonly number[]): Buffer {
  const tag = Buffer.alloc(20);
  tag.write('XYZ ');
  for (const [index, value] of values.entries()) tag.writeInt32BE(Math.round(value * 65_536), 8 + 4 * index);
  return tag;
}

function curveTag(curve: CurveTag): Buffer {
  if ('table' in curve) {
    const tag = Buffer.alloc(Math.ceil((12 + 2 * curve.table.length) / 4) * 4);
    tag.write('curv');
    tag.writeUInt32BE(curve.table.length, 8);
    for (const [index, value] of curve.table.entries())
      tag.writeUInt16BE(Math.round(value * 65_535), 12 + 2 * index);
    return tag;
  }
  const tag = Buffer.alloc(12 + 4 * curve.numbers.length);
  tag.write('para');
  tag.writeUInt16BE(curve.formula, 8);
  for (const [index, value] of curve.numbers.entries())
    tag.writeInt32BE(Math.round(value * 65_536), 12 + 4 * index);
  return tag;
}
