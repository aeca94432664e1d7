import { type Column, type ColumnType, INT32, INT64, type Value } from '../core/columns.ts';
import { usageError } from '../core/errors.ts';
import { listNames } from '../util/text/list-names.ts';
import { findName } from './columns.ts';
import { detectCaption, detectUrl } from './fields/detect-columns.ts';
import type { IndexFile, IndexRow, OpenOptions, RowsRequest } from './file/index-file.ts';
import { rowsPerBatch } from './file/row-limits.ts';

/** A column whose values are lists of URLs, or of structs with a URL. */
interface UrlList {
  readonly position: number;
  /** Type of the innermost elements. */
  readonly element: ColumnType;
  /** Position of the URL among the fields of a struct; null if the elements are the URLs. */
  readonly field: number | null;
  /** Column of lists with a caption for each URL. */
  readonly captions: number | null;
}

const MAX_BATCH_ROWS = 1000;

/**
 * A file whose rows have lists of URLs, as a file with a row for each URL. The list becomes a column of its elements, or
 * one for each field of them (`images.alt`); the other columns are repeated; `index_row` and `index_position` tell where
 * the URL was. Null elements are no rows. A row without any URL stays one row. Other files are returned as they are.
 * @throws UserError if it is unclear which field of the elements holds the URL
 */
export function withRowForEachUrl(file: IndexFile, wanted: OpenOptions): IndexFile {
  const list = findList(file, wanted);
  return list === null ? file : new UrlRows(file, list).asFile();
}

function findList({ columns, source }: IndexFile, { urlCol, captionCol }: OpenOptions): UrlList | null {
  const [position, fieldName] = locate(columns, urlCol ?? null);
  const column = columns[position];
  if (column?.type.kind !== 'list') return null;
  const element = innermost(column.type);
  const captions = captionCol === false ? null : findCaptions(columns, position, captionCol ?? null);
  if (element.kind !== 'struct') {
    const isText = element.kind === 'string' || element.kind === 'bytes';
    return isText ? { position, element, field: null, captions } : null;
  }
  const found = fieldName === null ? detectUrl(element.fields).found : nameAt(element.fields, fieldName);
  if (found !== null) return { position, element, field: found, captions };
  const names = listNames(element.fields.map(({ name }) => `${column.name}.${name}`));
  throw usageError(
    `Cannot tell which part of '${column.name}' in '${source.name}' holds the URLs; name it with --url-col, one of ${names}`,
  );
}

/** Position of the column with the URLs, -1 if there is none, and the field that `images.src` names. */
function locate(columns: readonly Column[], urlCol: string | null): readonly [number, string | null] {
  if (urlCol === null) return [detectUrl(columns).found ?? -1, null];
  const whole = nameAt(columns, urlCol);
  if (whole !== null) return [whole, null];
  const before = (name: string, text: string): boolean => text.startsWith(`${name}.`);
  const exact = columns.findIndex(({ name }) => before(name, urlCol));
  const alike = columns.findIndex(({ name }) => before(name.toLowerCase(), urlCol.toLowerCase()));
  const position = exact === -1 ? alike : exact;
  return [position, urlCol.slice((columns[position]?.name.length ?? 0) + 1)];
}

const nameAt = (columns: readonly Column[], wanted: string): number | null =>
  findName(
    wanted,
    columns.map(({ name }) => name),
  );

const innermost = (type: ColumnType): ColumnType => (type.kind === 'list' ? innermost(type.element) : type);

/** A column of lists that `--caption-col` names or that is called like captions. */
function findCaptions(columns: readonly Column[], url: number, captionCol: string | null): number | null {
  const inLists = columns.map(({ name, type }) => ({
    name,
    type: type.kind === 'list' ? type.element : type,
  }));
  const found = captionCol === null ? detectCaption(inLists, url).found : nameAt(columns, captionCol);
  return found !== null && found !== url && columns[found]?.type.kind === 'list' ? found : null;
}

/** Where the value of a column comes from. */
type Origin =
  | { readonly kind: 'column' | 'captions'; readonly position: number }
  | { readonly kind: 'element' | 'row' | 'place' }
  | { readonly kind: 'field'; readonly name: string };

class UrlRows {
  readonly #file: IndexFile;
  readonly #list: UrlList;
  readonly #columns: readonly { readonly column: Column; readonly origin: Origin }[];

  constructor(file: IndexFile, list: UrlList) {
    this.#file = file;
    this.#list = list;
    this.#columns = layOut(file.columns, list);
  }

  asFile(): IndexFile {
    const columns = this.#columns.map(({ column }) => column);
    const { position, element, field } = this.#list;
    const url = position + (field ?? 0);
    const captionField = element.kind === 'struct' ? detectCaption(element.fields, field ?? -1).found : null;
    const caption = captionField === null ? null : position + captionField;
    return {
      source: this.#file.source,
      columns,
      roles: {
        url: columns[url]?.name ?? '',
        caption: caption === null ? null : (columns[caption]?.name ?? null),
        position: columns.at(-1)?.name ?? '',
        row: columns.at(-2)?.name ?? '',
      },
      rowCount: null,
      largeColumns: this.#columns.flatMap(({ origin }, at) =>
        'position' in origin && this.#file.largeColumns?.includes(origin.position) ? [at] : [],
      ),
      rows: (request) => this.#rows(request),
      close: () => this.#file.close(),
    };
  }

  async *#rows({ from, columns, signal }: RowsRequest): AsyncGenerator<readonly IndexRow[]> {
    const needed = new Set([this.#list.position]);
    for (const wanted of columns) {
      const origin = this.#columns[wanted]?.origin;
      if (origin !== undefined && 'position' in origin) needed.add(origin.position);
    }
    const maxRows = Math.min(MAX_BATCH_ROWS, rowsPerBatch(this.#columns.length));
    let rows: IndexRow[] = [];
    let [document, read] = [0, 0];
    for await (const batch of this.#file.rows({ from: 0, columns: [...needed], signal })) {
      for (const row of batch) {
        for (const each of this.#rowsOf(row, document, columns)) {
          read += 1;
          if (read > from) rows.push(each);
          if (rows.length < maxRows) continue;
          yield rows;
          rows = [];
          signal?.throwIfAborted();
        }
        document += 1;
      }
    }
    if (rows.length > 0) yield rows;
  }

  *#rowsOf(row: IndexRow, position: number, wanted: readonly number[]): Generator<IndexRow> {
    if ('unreadable' in row) {
      yield row;
      return;
    }
    const document = row.number ?? position;
    const lost = row.lost?.get(this.#list.position);
    if (lost !== undefined) {
      const reason = lost === 'large' ? 'is larger than 256 KiB' : 'is not a list';
      yield { unreadable: `row ${document + 1}: the list of URLs ${reason}` };
      return;
    }
    const elements = flatten(row.values[this.#list.position] ?? null);
    const captions = this.#list.captions === null ? null : row.values[this.#list.captions];
    const captionAt = (place: number): Value =>
      Array.isArray(captions) && captions.length === elements.length ? (captions[place] ?? null) : null;
    const valueAt = (origin: Origin, place: number): Value => {
      const element = elements[place] ?? null;
      switch (origin.kind) {
        case 'column':
          return row.values[origin.position] ?? null;
        case 'captions':
          return captionAt(place);
        case 'element':
          return element;
        case 'field':
          return isStruct(element) ? (element[origin.name] ?? null) : null;
        case 'row':
          return BigInt(document);
        case 'place':
          return elements.length === 0 ? null : place;
      }
    };
    const places = [...elements.keys()].filter((place) => elements[place] !== null);
    for (const place of places.length === 0 ? [0] : places) {
      const values: Value[] = new Array(this.#columns.length).fill(null);
      for (const index of wanted) {
        const column = this.#columns[index];
        if (column !== undefined) values[index] = valueAt(column.origin, place);
      }
      yield { values };
    }
  }
}

/** The columns of the rows: those of the file, with the elements in place of the list, and where the URL was. */
function layOut(
  columns: readonly Column[],
  { position, element, captions }: UrlList,
): readonly { readonly column: Column; readonly origin: Origin }[] {
  const own = columns.flatMap((column, at): { column: Column; origin: Origin }[] => {
    if (at === captions && column.type.kind === 'list') {
      return [
        { column: { ...column, type: column.type.element }, origin: { kind: 'captions', position: at } },
      ];
    }
    if (at !== position) return [{ column, origin: { kind: 'column', position: at } }];
    if (element.kind !== 'struct')
      return [{ column: { ...column, type: element }, origin: { kind: 'element' } }];
    return element.fields.map(({ name, type }) => ({
      column: { name: `${column.name}.${name}`, type },
      origin: { kind: 'field', name },
    }));
  });
  const taken = new Set(own.map(({ column }) => column.name));
  const free = (name: string): string => (taken.has(name) ? free(`index_${name}`) : name);
  return [
    ...own,
    { column: { name: free('index_row'), type: INT64 }, origin: { kind: 'row' } },
    { column: { name: free('index_position'), type: INT32 }, origin: { kind: 'place' } },
  ];
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

const isStruct = (value: Value): value is { readonly [field: string]: Value } =>
  typeof value === 'object' && value !== null && !isList(value) && !(value instanceof Uint8Array);

/** The elements of a list and of the lists in it. */
function flatten(value: Value): readonly Value[] {
  if (value === null || !isList(value)) return [];
  return value.some(isList) ? value.flatMap((each) => (isList(each) ? flatten(each) : [each])) : value;
}
