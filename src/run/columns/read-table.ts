import { join } from 'node:path';
import type { Options } from '../../config/resolve.ts';
import type { Column, Value } from '../../core/columns.ts';
import { inputError, usageError } from '../../core/errors.ts';
import { type ColumnChoice, findName } from '../../inputs/columns.ts';
import { detectUrl } from '../../inputs/fields/detect-columns.ts';
import type { IndexFile, IndexSource } from '../../inputs/file/index-file.ts';
import { mergeChoices } from '../../inputs/merge-choices.ts';
import { openIndex } from '../../inputs/open.ts';
import { listNames } from '../../util/text/list-names.ts';
import { readOptions } from '../index/read-options.ts';
import { ValueTable } from './value-table.ts';

/** Columns to be added, with their values by the texts of another column. */
export interface AddedColumns {
  readonly columns: readonly Column[];
  /** The column of the dataset whose values name rows of the table. */
  readonly on: string;
  readonly values: ValueTable;
  /** Rows of the table that were left out because an earlier one has the same text. */
  readonly repeated: number;
}

interface Wanted {
  readonly names: readonly string[];
  /** Null for `key`, or else the column of URLs. */
  readonly on: string | null;
  readonly options: Options;
  /** A folder for the values. */
  readonly scratch: string;
  readonly onNotice: (message: string) => void;
}

/** Reads a table completely. The caller closes its values. */
export async function readTable(sources: readonly IndexSource[], wanted: Wanted): Promise<AddedColumns> {
  const { options, scratch, onNotice } = wanted;
  const reading = { ...readOptions(options), captionCol: false as const, images: false, onNotice };
  const shapes = [];
  for (const source of sources) {
    if (source.path === null)
      throw usageError('Cannot add columns from standard input: it is read twice; save it to a file first');
    const file = await openIndex(source, { ...reading, onNotice: () => {} });
    await file.close();
    if (file.columns.length > 0) shapes.push({ source, columns: file.columns, choice: choose(file, wanted) });
  }
  const { columns, choices } = mergeChoices(shapes);
  const values = new ValueTable(join(scratch, 'values'));
  let repeated = 0;
  try {
    for (const [at, { source }] of shapes.entries()) {
      const choice = choices[at];
      if (choice === undefined) continue;
      const file = await openIndex(source, reading);
      try {
        const used = [choice.url, ...choice.extra.flatMap(({ index }) => (index === null ? [] : [index]))];
        for await (const batch of file.rows({ from: 0, columns: [...new Set(used)] })) {
          for (const row of batch) {
            if ('unreadable' in row)
              throw inputError(`Cannot read '${source.name}': ${row.unreadable}; no column is added`);
            const text = textOf(row.values[choice.url] ?? null);
            const added = choice.extra.map(({ index, convert }) => {
              const value = index === null ? null : (row.values[index] ?? null);
              return convert === null ? value : convert(value);
            });
            if (text !== null && !values.add(text, added)) repeated += 1;
          }
        }
      } finally {
        await file.close();
      }
    }
  } catch (error) {
    values.close();
    throw error;
  }
  return { columns, on: nameOfOn(wanted, shapes[0]?.columns ?? []), values, repeated };
}

/** `key` or `url` in the dataset, unless a column is named. */
function nameOfOn({ on }: Wanted, columns: readonly Column[]): string {
  return on ?? (hasKey(columns) ? 'key' : 'url');
}

const hasKey = (columns: readonly Column[]): boolean => columns.some(({ name }) => name === 'key');

/** The column that names rows stands in the place of URLs. */
function choose({ columns, source }: IndexFile, { names, on }: Wanted): ColumnChoice {
  const all = columns.map(({ name }) => name);
  const find = (name: string, flag: string): number => {
    const found = findName(name, all);
    if (found !== null) return found;
    throw usageError(
      `Cannot find the column '${name}' of ${flag} in '${source.name}', which has ${listNames(all) || 'no columns'}`,
    );
  };
  const detected = on === null && !hasKey(columns) ? detectUrl(columns).found : null;
  const extra = names.map((name) => {
    const index = find(name, '--add');
    return { index, column: { ...(columns[index] as Column), name }, convert: null };
  });
  const nothing = {
    caption: null,
    hash: null,
    boxes: null,
    key: null,
    subfolder: null,
    json: new Set<number>(),
  };
  return { ...nothing, url: detected ?? find(on ?? 'key', '--on'), extra };
}

/** What a value is compared as; null for what cannot name a row. */
export function textOf(value: Value): string | null {
  if (value === null || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'object' ? null : String(value);
}
