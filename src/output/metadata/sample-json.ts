import type { ColumnType, Value } from '../../core/columns.ts';
import { isoDate, isoTime, isoTimestamp } from '../../core/iso-time.ts';
import { pyJsonNumber, pyJsonString } from '../../util/text/python-json.ts';
import type { Field, KeyedSample } from './fields.ts';

const INDENT = '    ';

/** A sample's JSON file. For JSON's own types it equals Python's `json.dumps(fields, indent=4)` byte for byte. */
export function sampleJson(fields: readonly Field[], sample: KeyedSample): string {
  const members = fields.map(({ column, valueIn }) =>
    member(column.name, valueIn(sample), column.type, INDENT),
  );
  return block('{', members, '}', '');
}

/** A value as JSON text, as the sample's JSON has it. */
export function valueJson(value: Value, type: ColumnType): string {
  return jsonText(value, type, '');
}

/**
 * A value as JSON text. Types that JSON lacks: bytes become base64, dates and times ISO 8601, decimals strings of their
 * digits (most readers would round a JSON number), NaN and the infinities null.
 */
function jsonText(value: Value, type: ColumnType, indent: string): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'float':
      return pyJsonNumber(value as number);
    case 'bool':
    case 'int':
      return String(value);
    case 'string':
    case 'json':
    case 'decimal':
      return pyJsonString(value as string);
    case 'bytes':
      return pyJsonString(Buffer.from(value as Uint8Array).toString('base64'));
    case 'date':
      return stringOrNull(isoDate(value as number));
    case 'time':
      return stringOrNull(isoTime(value as bigint));
    case 'timestamp':
      return stringOrNull(isoTimestamp(value as bigint, type));
    case 'list': {
      const inner = indent + INDENT;
      const items = (value as readonly Value[]).map((item) => inner + jsonText(item, type.element, inner));
      return block('[', items, ']', indent);
    }
    case 'struct': {
      const values = value as { readonly [field: string]: Value };
      const members = type.fields.map((field) =>
        member(field.name, values[field.name] ?? null, field.type, indent + INDENT),
      );
      return block('{', members, '}', indent);
    }
  }
}

function member(name: string, value: Value, type: ColumnType, indent: string): string {
  return `${indent}${pyJsonString(name)}: ${jsonText(value, type, indent)}`;
}

function block(open: string, lines: readonly string[], close: string, indent: string): string {
  return lines.length === 0 ? open + close : `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

function stringOrNull(text: string | null): string {
  return text === null ? 'null' : pyJsonString(text);
}
