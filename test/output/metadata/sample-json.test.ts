import { describe, expect, it } from 'vitest';
import { type ColumnType, INT64, STRING, typeName, type Value } from '../../../src/core/columns.ts';
import type { SampleKey } from '../../../src/core/samples.ts';
import { sampleFields } from '../../../src/output/metadata/fields.ts';
import { sampleJson } from '../../../src/output/metadata/sample-json.ts';
import { row, SHAPE, success } from '../samples.ts';

const DOUBLE: ColumnType = { kind: 'float', bits: 64 };

/** The JSON of a value in a column of the type, without the fields around it. */
function jsonOf(value: Value, type: ColumnType): string {
  const field = { column: { name: 'v', type }, valueIn: () => value };
  const text = sampleJson([field], { row: row(), result: success(), key: '0' as SampleKey });
  return text.slice('{\n    "v": '.length, -'\n}'.length);
}

describe('sampleJson()', () => {
  it("equals Python's json.dumps(fields, indent=4)", () => {
    const columns = [
      { name: 'similarity', type: DOUBLE },
      { name: 'count', type: INT64 },
      { name: 'flag', type: { kind: 'bool' } },
      { name: 'none', type: STRING },
      { name: 'list', type: { kind: 'list', element: DOUBLE } },
      { name: 'empty', type: { kind: 'list', element: DOUBLE } },
      { name: 'nested', type: { kind: 'list', element: { kind: 'list', element: INT64 } } },
      {
        name: 'struct',
        type: {
          kind: 'struct',
          fields: [
            { name: 'a', type: INT64 },
            { name: 'b', type: { kind: 'struct', fields: [{ name: 'c', type: STRING }] } },
            {
              name: 'l',
              type: { kind: 'list', element: { kind: 'struct', fields: [{ name: 'x', type: INT64 }] } },
            },
          ],
        },
      },
    ] as const;
    const values = [
      0.1,
      2n ** 60n + 1n,
      true,
      null,
      [1, null],
      [],
      [[1n], []],
      { a: 1n, b: { c: 'é' }, l: [{ x: 1n }] },
    ];
    const text = sampleJson(sampleFields({ ...SHAPE, columns }), {
      row: row({ url: 'http://h/', caption: 'q"é😀', values }),
      result: success({ exif: '{"Image Make": "Canon"}', hash: 'ab' }),
      key: '000000001' as SampleKey,
    });
    // Written by Python.
    expect(text).toBe(String.raw`{
    "similarity": 0.1,
    "count": 1152921504606846977,
    "flag": true,
    "none": null,
    "list": [
        1.0,
        null
    ],
    "empty": [],
    "nested": [
        [
            1
        ],
        []
    ],
    "struct": {
        "a": 1,
        "b": {
            "c": "\u00e9"
        },
        "l": [
            {
                "x": 1
            }
        ]
    },
    "caption": "q\"\u00e9\ud83d\ude00",
    "url": "http://h/",
    "key": "000000001",
    "status": "success",
    "error_message": null,
    "width": 256,
    "height": 200,
    "original_width": 640,
    "original_height": 480,
    "exif": "{\"Image Make\": \"Canon\"}",
    "sha256": "ab"
}`);
  });

  it('keeps the digest last with verifyHash and omits fields of options that are off', () => {
    const names = (shape: typeof SHAPE) => sampleFields(shape).map(({ column }) => column.name);
    const sizes = ['width', 'height', 'original_width', 'original_height'];
    expect(names({ ...SHAPE, columns: [], caption: false, exif: false, hash: null })).toEqual([
      'url',
      'key',
      'status',
      'error_message',
      ...sizes,
    ]);
    expect(names({ ...SHAPE, verifyHash: true, hash: 'md5' }).at(-1)).toBe('md5');
  });

  const cases: readonly { value: Value; type: ColumnType; text: string }[] = [
    { value: Number.NaN, type: DOUBLE, text: 'null' },
    { value: Math.fround(0.1), type: { kind: 'float', bits: 32 }, text: '0.10000000149011612' },
    { value: 3, type: { kind: 'int', bits: 32, signed: true }, text: '3' },
    { value: 2n ** 64n - 1n, type: { kind: 'int', bits: 64, signed: false }, text: '18446744073709551615' },
    { value: '-12.50', type: { kind: 'decimal', precision: 10, scale: 2 }, text: '"-12.50"' },
    { value: '{"a": 1}', type: { kind: 'json' }, text: String.raw`"{\"a\": 1}"` },
    { value: new Uint8Array([0, 255]), type: { kind: 'bytes' }, text: '"AP8="' },
    { value: 19_753, type: { kind: 'date' }, text: '"2024-01-31"' },
    { value: 43_200_000_000n, type: { kind: 'time' }, text: '"12:00:00"' },
    { value: 0n, type: { kind: 'timestamp', unit: 'ms', utc: true }, text: '"1970-01-01T00:00:00+00:00"' },
    { value: 2_147_483_647, type: { kind: 'date' }, text: 'null' },
    { value: {}, type: { kind: 'struct', fields: [] }, text: '{}' },
  ];

  for (const { value, type, text } of cases) {
    it(`writes ${typeName(type)} as ${text}`, () => {
      expect(jsonOf(value, type)).toBe(text);
    });
  }
});
