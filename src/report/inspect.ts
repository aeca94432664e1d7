import { typeName, type Value } from '../core/columns.ts';
import type { InspectedFile } from '../run/inspect.ts';
import { redactUrl } from '../util/text/redact-url.ts';
import { terminalJson } from '../util/text/terminal-json.ts';
import { sanitizeText } from '../util/text/terminal-text.ts';
import { formatBytes, formatCount } from '../util/text/units.ts';
import { textTable } from './text-table.ts';

const ROLE_NAMES = {
  url: 'URL',
  caption: 'caption',
  hash: 'digest to verify',
  boxes: 'regions to blur',
  key: 'key',
  carried: 'carried',
} as const;

/** What `inspect` prints about an index, in lines of `width` columns. */
export function inspectText(files: readonly InspectedFile[], width: number): string {
  const parts = files.map((file) => fileText(file, width));
  if (files.length > 1) parts.push(`${formatCount(files.length)} files: ${extent(total(files))}\n`);
  return parts.join('\n');
}

function fileText({ source, columns, firstRows, problem, ...sizes }: InspectedFile, width: number): string {
  const compression = source.compression === 'none' ? '' : ` (${source.compression})`;
  const size = source.bytes === null ? '' : `, ${formatBytes(source.bytes)}`;
  const schema = columns.map(({ name, type, role }) => [
    sanitizeText(name),
    sanitizeText(typeName(type)),
    role ? ROLE_NAMES[role] : '',
  ]);
  const rows = firstRows.map((row) =>
    'unreadable' in row ? [row.unreadable] : withoutSecrets(row.values, columns).map(valueText),
  );
  const lines = [
    sanitizeText(source.name),
    `${source.format}${compression}${size}, ${extent(sizes)}`,
    ...(problem === null ? [] : [sanitizeText(problem)]),
    '',
    ...textTable(['column', 'type', 'read as'], schema, width),
    '',
    ...textTable(
      columns.map(({ name }) => sanitizeText(name)),
      rows.map((row) => row.map((cell) => sanitizeText(cell))),
      width,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function extent({ rowCount, shards }: Pick<InspectedFile, 'rowCount' | 'shards'>): string {
  const count = (amount: number, noun: string) => `${formatCount(amount)} ${noun}${amount === 1 ? '' : 's'}`;
  return `${count(rowCount, 'row')}, ${count(shards, 'shard')}`;
}

/** The same as one JSON document. */
export function inspectJson(files: readonly InspectedFile[]): string {
  const { rowCount, shards } = total(files);
  return terminalJson({
    files: files.map((file) => ({
      name: file.source.name,
      format: file.source.format,
      compression: file.source.compression,
      bytes: file.source.bytes,
      rows: file.rowCount,
      shards: file.shards,
      columns: file.columns.map(({ name, type, role }) => ({ name, type: typeName(type), role })),
      problem: file.problem,
      first_rows: file.firstRows.map((row) =>
        'unreadable' in row
          ? { fault: row.unreadable }
          : { values: withoutSecrets(row.values, file.columns).map(jsonValue) },
      ),
    })),
    rows: rowCount,
    shards,
  });
}

function total(files: readonly InspectedFile[]): Pick<InspectedFile, 'rowCount' | 'shards'> {
  const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);
  return { rowCount: sum(files.map((file) => file.rowCount)), shards: sum(files.map((file) => file.shards)) };
}

/** URLs may contain credentials. Messages redact URLs inside text; here the entire value is one, even with blanks. */
function withoutSecrets(values: readonly Value[], columns: InspectedFile['columns']): readonly Value[] {
  return values.map((value, position) =>
    columns[position]?.role === 'url' && typeof value === 'string' ? redactUrl(value) : value,
  );
}

function valueText(value: Value): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(jsonValue(value)) : String(value);
}

/** A value in a form that JSON can hold: integers that JavaScript would round as text, bytes as hexadecimal text. */
function jsonValue(value: Value): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, jsonValue(field)]));
}
