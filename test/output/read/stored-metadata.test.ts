import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column, ColumnType, Value } from '../../../src/core/columns.ts';
import { ParquetFile } from '../../../src/output/metadata/parquet-file.ts';
import { openMetadata } from '../../../src/output/read/stored-metadata.ts';
import { openStore } from '../../../src/output/store/open-store.ts';
import { PendingFile } from '../../../src/output/store/pending-file.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const SIGNED_64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Types that a dataset may carry; JSON, which is stored as strings, is not among them. */
const { type: anyType } = fc.letrec<{ type: ColumnType; leaf: ColumnType }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<ColumnType>(
      { kind: 'bool' },
      { kind: 'string' },
      { kind: 'bytes' },
      { kind: 'date' },
      { kind: 'time' },
    ),
    fc.record({
      kind: fc.constant('int' as const),
      bits: fc.constantFrom(8 as const, 16 as const, 32 as const, 64 as const),
      signed: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('float' as const), bits: fc.constantFrom(32 as const, 64 as const) }),
    fc.record({
      kind: fc.constant('timestamp' as const),
      unit: fc.constantFrom('ms' as const, 'us' as const, 'ns' as const),
      utc: fc.boolean(),
    }),
    fc.tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38)).map(([precision, scale]) => ({
      kind: 'decimal' as const,
      precision,
      scale: Math.min(scale, precision),
    })),
  ),
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.record({ kind: fc.constant('list' as const), element: tie('type') }),
    fc
      .uniqueArray(fc.constantFrom('a', 'A', 'b.c', 'list', 'element', 'key'), { minLength: 1, maxLength: 3 })
      .chain((names) =>
        fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), type: tie('type') }))),
      )
      .map((fields) => ({ kind: 'struct' as const, fields })),
  ),
}));

function anyValue(type: ColumnType): fc.Arbitrary<Value> {
  return fc.option(presentValue(type), { nil: null, freq: 4 });
}

function presentValue(type: ColumnType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean();
    case 'int': {
      const bits = BigInt(type.bits);
      const range = type.signed
        ? { min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }
        : { min: 0n, max: 2n ** bits - 1n };
      return fc.bigInt(range).map((value) => (type.bits === 64 ? value : Number(value)));
    }
    case 'float':
      return type.bits === 32 ? fc.float() : fc.double();
    case 'decimal':
      return fc
        .bigInt({ min: -(10n ** BigInt(type.precision)) + 1n, max: 10n ** BigInt(type.precision) - 1n })
        .map((unscaled) => {
          const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(type.scale + 1, '0');
          const cut = digits.length - type.scale;
          const fraction = type.scale === 0 ? '' : `.${digits.slice(cut)}`;
          return `${unscaled < 0n ? '-' : ''}${digits.slice(0, cut)}${fraction}`;
        });
    case 'string':
    case 'json':
      return fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('\ufeffafter a byte order mark\0'));
    case 'bytes':
      return fc.uint8Array();
    case 'date':
      return fc.integer({ min: -700_000, max: 2_000_000 });
    case 'time':
      return fc.bigInt({ min: 0n, max: 86_399_999_999n });
    case 'timestamp':
      return fc.bigInt(SIGNED_64);
    case 'list':
      return fc.array(anyValue(type.element), { maxLength: 4 });
    case 'struct':
      return fc
        .tuple(...type.fields.map((field) => anyValue(field.type)))
        .map((values) =>
          Object.fromEntries(type.fields.map(({ name }, index) => [name, values[index] ?? null])),
        );
  }
}

const anyTable = fc
  .uniqueArray(fc.constantFrom('URL', 'url', 'a.b', 'a', 'x y', ''), { minLength: 1, maxLength: 4 })
  .chain((names) => fc.tuple(...names.map((name) => fc.record({ name: fc.constant(name), type: anyType }))))
  .chain((columns) =>
    fc.record({
      columns: fc.constant<readonly Column[]>(columns),
      rows: fc.array(fc.tuple(...columns.map(({ type }) => anyValue(type))), { maxLength: 6 }),
    }),
  );

async function writeTable(columns: readonly Column[], rows: readonly (readonly Value[])[]): Promise<string> {
  const path = join(await useTempFolder(), 'a.parquet');
  const file = new ParquetFile(await PendingFile.create(path, 0), columns);
  for (const row of rows) await file.add(row);
  await file.finish();
  return path;
}

/** Floats by their bits, as NaN and -0 count too. */
function plain(value: Value): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'number' && Object.is(value, -0)) return 'minus zero';
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each as Value)]));
  return value;
}

async function readTable(path: string): Promise<{ columns: readonly Column[]; rows: unknown[] }> {
  const { columns, rows } = await openMetadata(openStore(dirname(path)), basename(path));
  const read: unknown[] = [];
  for await (const group of rows()) read.push(...group.map(plain));
  return { columns, rows: read };
}

describe('openMetadata()', () => {
  test('returns columns and values of every type as they were written', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async ({ columns, rows }) => {
        const path = await writeTable(columns, rows);
        expect(await readTable(path)).toEqual({ columns, rows: rows.map(plain) });
      }),
      { numRuns: 150 },
    );
  });

  test('keeps the order of rows across many row groups', async () => {
    const columns: Column[] = [{ name: 'n', type: { kind: 'int', bits: 64, signed: true } }];
    const rows = Array.from({ length: 1001 }, (_, n) => [n % 7 === 0 ? null : BigInt(n)]);
    expect((await readTable(await writeTable(columns, rows))).rows).toEqual(rows);
  });

  test('refuses a file that is not Parquet', async () => {
    const path = join(await useTempFolder(), 'a.parquet');
    await writeFile(path, 'no Parquet at all, and long enough to look for a footer in');
    await expect(openMetadata(openStore(dirname(path)), basename(path))).rejects.toThrow('parquet');
  });
});
