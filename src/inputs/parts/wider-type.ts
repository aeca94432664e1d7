import type { Column, ColumnType } from '../../core/columns.ts';
import { DOUBLE, STRING } from '../../core/columns.ts';

type Of<K extends ColumnType['kind']> = Extract<ColumnType, { kind: K }>;

const JSON_TEXT: ColumnType = { kind: 'json' };
/** Decimals of Parquet and most databases. */
const MAX_DIGITS = 38;

/**
 * The type that holds the values of both: integers become wider integers, a mix of integers and floats becomes double, a
 * mix of texts and other scalars becomes string. What has no common type is carried as JSON text.
 */
export function widerType(a: ColumnType, b: ColumnType): ColumnType {
  if (a.kind === 'json' || b.kind === 'json') return JSON_TEXT;
  if (a.kind === 'list' && b.kind === 'list') {
    return { kind: 'list', element: widerType(a.element, b.element) };
  }
  if (a.kind === 'struct' && b.kind === 'struct') return widerStruct(a.fields, b.fields);
  if (isNested(a) || isNested(b)) return JSON_TEXT;
  if (a.kind === 'bytes' || b.kind === 'bytes')
    return a.kind === b.kind || isTextBeside(a, b) ? { kind: 'bytes' } : STRING;
  if (isNumber(a) && isNumber(b)) return widerNumber(a, b);
  if (isDay(a) && isDay(b)) return widerDay(a, b);
  return a.kind === b.kind ? a : STRING;
}

const isNested = ({ kind }: ColumnType): boolean => kind === 'list' || kind === 'struct';
const isTextBeside = (a: ColumnType, b: ColumnType): boolean => a.kind === 'string' || b.kind === 'string';

function widerStruct(a: readonly Column[], b: readonly Column[]): ColumnType {
  const others = new Map(b.map(({ name, type }) => [name, type]));
  const shared = a.map(({ name, type }) => {
    const other = others.get(name);
    others.delete(name);
    return { name, type: other === undefined ? type : widerType(type, other) };
  });
  return { kind: 'struct', fields: [...shared, ...[...others].map(([name, type]) => ({ name, type }))] };
}

type NumberType = Of<'int'> | Of<'float'> | Of<'decimal'>;

const isNumber = (type: ColumnType): type is NumberType =>
  type.kind === 'int' || type.kind === 'float' || type.kind === 'decimal';

function widerNumber(a: NumberType, b: NumberType): ColumnType {
  if (a.kind === 'float' && b.kind === 'float') return a.bits >= b.bits ? a : b;
  if (a.kind === 'float' || b.kind === 'float') return DOUBLE;
  if (a.kind === 'int' && b.kind === 'int') return widerInteger(a, b);
  const [first, second] = [asDecimal(a), asDecimal(b)];
  const scale = Math.max(first.scale, second.scale);
  const whole = Math.max(first.precision - first.scale, second.precision - second.scale);
  return whole + scale > MAX_DIGITS ? STRING : { kind: 'decimal', precision: whole + scale, scale };
}

function widerInteger(a: Of<'int'>, b: Of<'int'>): ColumnType {
  if (a.signed === b.signed) return a.bits >= b.bits ? a : b;
  const [signed, unsigned] = a.signed ? [a, b] : [b, a];
  if (signed.bits > unsigned.bits) return signed;
  const bits = { 8: 16, 16: 32, 32: 64, 64: null } as const;
  const next = bits[unsigned.bits];
  return next === null ? asDecimal(unsigned) : { kind: 'int', bits: next, signed: true };
}

/** The decimal that holds all values of a number without fractions of its own. */
const asDecimal = (type: Of<'int'> | Of<'decimal'>): Of<'decimal'> =>
  type.kind === 'decimal' ? type : { kind: 'decimal', precision: INTEGER_DIGITS[type.bits], scale: 0 };

const INTEGER_DIGITS = { 8: 3, 16: 5, 32: 10, 64: 20 } as const;

type DayType = Of<'date'> | Of<'timestamp'>;

const isDay = (type: ColumnType): type is DayType => type.kind === 'date' || type.kind === 'timestamp';

const UNITS = ['ms', 'us', 'ns'] as const;

function widerDay(a: DayType, b: DayType): ColumnType {
  if (a.kind === 'date') return b;
  if (b.kind === 'date') return a;
  if (a.utc !== b.utc) return STRING;
  return UNITS.indexOf(a.unit) >= UNITS.indexOf(b.unit) ? a : b;
}
