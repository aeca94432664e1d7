import type { Hash } from '../core/choices.ts';
import { type Column, typeName } from '../core/columns.ts';
import { usageError } from '../core/errors.ts';
import { RESERVED_COLUMNS } from '../core/reserved-columns.ts';
import { listNames } from '../util/text/list-names.ts';
import { nearest } from '../util/text/nearest.ts';
import { detectCaption, detectUrl } from './detect-columns.ts';

/** Which column of a file has which role. Numbers are positions in the file's columns. */
export interface ColumnChoice {
  readonly url: number;
  readonly caption: number | null;
  /** Columns carried into the metadata, with their names and types in the dataset. */
  readonly extra: readonly { readonly index: number; readonly column: Column }[];
  /** The digest that each body must have. */
  readonly hash: { readonly index: number; readonly algorithm: Hash } | null;
  readonly boxes: number | null;
  /** Columns with a role that hold JSON text, as where some rows have a list instead of a text. */
  readonly json: ReadonlySet<number>;
}

export interface WantedColumns {
  readonly urlCol?: string;
  /** Null for no caption; undefined to detect it. */
  readonly captionCol?: string | null;
  /** Undefined for all columns without another role. */
  readonly columns?: readonly string[];
  readonly hash?: { readonly column: string; readonly algorithm: Hash };
  readonly bboxCol?: string;
}

/**
 * Finds the requested columns and detects the others by their usual names.
 * @throws UserError if a name is unknown or the detection is ambiguous (the message lists the columns of the file), or if
 * the type of a column does not suit its role
 */
export function chooseColumns(
  columns: readonly Column[],
  wanted: WantedColumns,
  fileName: string,
): ColumnChoice {
  const names = columns.map(({ name }) => name);
  const find = (name: string, option: string): number => {
    const index = names.indexOf(name);
    if (index === -1) throw unknownColumn(name, option, names, fileName);
    return index;
  };
  const findIfGiven = (name: string | undefined, option: string) =>
    name === undefined ? null : find(name, option);

  const url = findIfGiven(wanted.urlCol, '--url-col') ?? requireUrl(columns, names, fileName);
  const caption =
    wanted.captionCol === null
      ? null
      : (findIfGiven(wanted.captionCol, '--caption-col') ?? findCaption(columns, url, names, fileName));
  requireReadable(columns[url], 'URLs', '--url-col', fileName);
  if (caption !== null) requireReadable(columns[caption], 'captions', '--caption-col', fileName);
  const hash =
    wanted.hash === undefined
      ? null
      : { index: find(wanted.hash.column, '--verify-hash'), algorithm: wanted.hash.algorithm };
  const boxes = findIfGiven(wanted.bboxCol, '--bbox-col');

  const listed = wanted.columns?.map((name) => find(name, '--columns')) ?? allButPandasIndex(names);
  const carried = new Set(boxes === null ? listed : [...listed, boxes]);
  for (const index of [url, caption, hash?.index ?? null]) if (index !== null) carried.delete(index);
  const json = new Set(
    [url, caption].filter((index) => index !== null && columns[index]?.type.kind === 'json'),
  );
  return {
    url,
    caption,
    extra: carry([...carried], columns),
    hash,
    boxes,
    json: json as ReadonlySet<number>,
  };
}

/** All columns but the row labels that pandas saves beside the data; those must be requested by name. */
function allButPandasIndex(names: readonly string[]): number[] {
  return [...names.keys()].filter((index) => !/^__index_level_\d+__$/.test(names[index] ?? ''));
}

function requireUrl(columns: readonly Column[], names: readonly string[], fileName: string): number {
  const detected = detectUrl(columns);
  if (detected.found !== null) return detected.found;
  if (detected.candidates.length > 0)
    throw ambiguous('URLs', '--url-col', detected.candidates, names, fileName);
  throw usageError(
    `Cannot find the URLs in '${fileName}': expected a column named url or image_url, found ${listColumns(names)}; ` +
      'name it with --url-col',
  );
}

function findCaption(
  columns: readonly Column[],
  url: number,
  names: readonly string[],
  fileName: string,
): number | null {
  const detected = detectCaption(columns, url);
  if (detected.found !== null || detected.candidates.length === 0) return detected.found;
  throw ambiguous('captions', '--caption-col', detected.candidates, names, fileName);
}

/** A number may be a caption, as the string of its digits. Lists and structs can only be carried. */
const READABLE = {
  URLs: { isKind: (kind: string) => ['string', 'json', 'bytes'].includes(kind), expected: 'strings' },
  captions: { isKind: (kind: string) => !['list', 'struct'].includes(kind), expected: 'strings or numbers' },
};

function requireReadable(
  column: Column | undefined,
  what: keyof typeof READABLE,
  option: string,
  fileName: string,
): void {
  const { isKind, expected } = READABLE[what];
  if (column === undefined || isKind(column.type.kind)) return;
  const orNone = what === 'captions' ? ', or none with --caption-col none' : '';
  throw usageError(
    `Cannot read the ${what} of '${fileName}' from the column '${column.name}': expected ${expected}, ` +
      `found ${typeName(column.type)}; name another column with ${option}${orNone}`,
  );
}

function carry(indexes: readonly number[], columns: readonly Column[]): ColumnChoice['extra'] {
  const taken = new Set(indexes.flatMap((index) => columns[index]?.name ?? []));
  return indexes.flatMap((index) => {
    const column = columns[index];
    if (column === undefined) return [];
    if (!RESERVED_COLUMNS.has(column.name)) return [{ index, column }];
    let name = `index_${column.name}`;
    while (taken.has(name)) name = `index_${name}`;
    taken.add(name);
    return [{ index, column: { ...column, name } }];
  });
}

function unknownColumn(name: string, option: string, names: readonly string[], fileName: string): Error {
  const near = nearest(name, names);
  const hint = near === null ? '' : `; did you mean '${near}'?`;
  return usageError(
    `Cannot find the column '${name}' of ${option} in '${fileName}', which has ${listColumns(names)}${hint}`,
  );
}

function ambiguous(
  what: string,
  option: string,
  found: readonly number[],
  names: readonly string[],
  fileName: string,
): Error {
  const candidates = listColumns(found.map((index) => names[index] ?? ''));
  const orNone = what === 'captions' ? ', or none with --caption-col none' : '';
  return usageError(
    `Cannot tell which column of '${fileName}' holds the ${what}: ${candidates} all might; ` +
      `name it with ${option}${orNone}; the columns are ${listColumns(names)}`,
  );
}

function listColumns(names: readonly string[]): string {
  return listNames(names) || 'no columns';
}
