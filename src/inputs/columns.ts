import type { Hash } from '../core/choices.ts';
import { type Column, typeName } from '../core/columns.ts';
import { usageError } from '../core/errors.ts';
import { RESERVED_COLUMNS } from '../core/reserved-columns.ts';
import { listNames } from '../util/text/list-names.ts';
import { nearest } from '../util/text/nearest.ts';
import { detectCaption, detectUrl } from './fields/detect-columns.ts';
import type { Convert } from './parts/convert.ts';

/** Which column of a file has which role. Numbers are positions in the file's columns. */
export interface ColumnChoice {
  readonly url: number;
  readonly caption: number | null;
  /** Columns carried into the metadata, in the order of the dataset. */
  readonly extra: readonly CarriedColumn[];
  /** The digest that each body must have. */
  readonly hash: { readonly index: number; readonly algorithm: Hash } | null;
  readonly boxes: number | null;
  /** What names the samples; null if they are numbered. */
  readonly key: KeyColumn | null;
  /** What names the subfolders of the samples; null for none. */
  readonly subfolder: number | null;
  /** Columns with a role that hold JSON text, as where some rows have a list instead of a text. */
  readonly json: ReadonlySet<number>;
}

export interface KeyColumn {
  readonly index: number;
  /** Column of the position in a list of URLs, which the key ends with; null if each row has one URL. */
  readonly position: number | null;
  /** Text before every key. */
  readonly prefix: string;
}

/** A column that is carried into the metadata. */
export interface CarriedColumn {
  /** Null if the file lacks the column. */
  readonly index: number | null;
  /** Its name and type in the dataset. */
  readonly column: Column;
  /** Turns a value of the file into one of the dataset; null if they are the same. */
  readonly convert: Convert | null;
}

export interface WantedColumns {
  readonly urlCol?: string;
  /** Null for no caption; undefined to detect it. */
  readonly captionCol?: string | null;
  /** Undefined for all columns without another role. */
  readonly columns?: readonly string[];
  readonly hash?: { readonly column: string; readonly algorithm: Hash };
  readonly bboxCol?: string;
  readonly subfolderCol?: string;
  /** `position`: the column of positions in lists of URLs. */
  readonly key?: { readonly column: string; readonly position: string | null; readonly prefix: string };
  /** Names that the samples need, beside those of every dataset. */
  readonly sampleColumns?: ReadonlySet<string>;
}

/** What the parts of an index have together, each of which may lack some columns. */
export interface Parts {
  /** Names of all columns, in lower case. */
  readonly names: ReadonlySet<string>;
  /** The columns that the first part with one has for URLs and captions by its names alone. */
  readonly url: string | null;
  readonly caption: string | null;
}

/** `parts`: the columns of each file. */
export function describeParts(parts: readonly (readonly Column[])[]): Parts {
  const detected = parts.map((columns) => {
    const { found: url } = detectUrl(columns);
    const { found: caption } = detectCaption(columns, url ?? -1);
    return { url: nameAt(columns, url), caption: nameAt(columns, caption) };
  });
  return {
    names: new Set(parts.flat().map(({ name }) => name.toLowerCase())),
    url: detected.find(({ url }) => url !== null)?.url ?? null,
    caption: detected.find(({ caption }) => caption !== null)?.caption ?? null,
  };
}

const nameAt = (columns: readonly Column[], index: number | null): string | null =>
  index === null ? null : (columns[index]?.name ?? null);

/**
 * Finds the requested columns, whatever the case of their names, and detects the others by their usual names. A file may
 * lack a caption or a carried column that another one of `parts` has.
 * @throws UserError if a name is unknown or the detection is ambiguous (the message lists the columns of the file), or if
 * the type of a column does not suit its role
 */
export function chooseColumns(
  columns: readonly Column[],
  wanted: WantedColumns,
  fileName: string,
  parts: Parts = describeParts([columns]),
): ColumnChoice {
  const names = columns.map(({ name }) => name);
  const find = (name: string, option: string): number => {
    const index = findName(name, names);
    if (index === null) throw unknownColumn(name, option, names, fileName);
    return index;
  };
  const findIfGiven = (name: string | undefined, option: string) =>
    name === undefined ? null : find(name, option);
  const findIfHere = (name: string, option: string): number | null =>
    findName(name, names) ?? (parts.names.has(name.toLowerCase()) ? null : find(name, option));

  const url = findIfGiven(wanted.urlCol, '--url-col') ?? requireUrl(columns, names, fileName, parts);
  const caption = findCaption(columns, url, wanted, { names, fileName, parts, findIfHere });
  requireReadable(columns[url], 'URLs', '--url-col', fileName);
  if (caption !== null) requireReadable(columns[caption], 'captions', '--caption-col', fileName);
  const hash =
    wanted.hash === undefined
      ? null
      : { index: find(wanted.hash.column, '--verify-hash'), algorithm: wanted.hash.algorithm };
  const boxes = findIfGiven(wanted.bboxCol, '--bbox-col');
  const subfolder = findIfGiven(wanted.subfolderCol, '--subfolder-col');
  if (subfolder !== null) requireReadable(columns[subfolder], 'subfolders', '--subfolder-col', fileName);
  const key = wanted.key === undefined ? null : findKey(wanted.key, columns, find, fileName);

  const listed =
    wanted.columns?.flatMap((name) => findIfHere(name, '--columns') ?? []) ?? allButPandasIndex(names);
  const carried = new Set(boxes === null ? listed : [...listed, boxes]);
  for (const index of [url, caption, hash?.index ?? null]) if (index !== null) carried.delete(index);
  const json = new Set(
    [url, caption, subfolder, key?.index ?? null].filter(
      (index) => index !== null && columns[index]?.type.kind === 'json',
    ),
  );
  return {
    url,
    caption,
    extra: carry([...carried], columns, wanted.sampleColumns),
    hash,
    boxes,
    key,
    subfolder,
    json: json as ReadonlySet<number>,
  };
}

/** The column of this name or, if there is none, the only one of this name in another case. */
export function findName(name: string, names: readonly string[]): number | null {
  const exact = names.indexOf(name);
  if (exact !== -1) return exact;
  const alike = [...names.keys()].filter((index) => names[index]?.toLowerCase() === name.toLowerCase());
  return alike.length === 1 ? (alike[0] ?? null) : null;
}

/** All columns but the row labels that pandas saves beside the data; those must be requested by name. */
function allButPandasIndex(names: readonly string[]): number[] {
  return [...names.keys()].filter((index) => !/^__index_level_\d+__$/.test(names[index] ?? ''));
}

function requireUrl(
  columns: readonly Column[],
  names: readonly string[],
  fileName: string,
  parts: Parts,
): number {
  const detected = detectUrl(columns);
  const found = detected.found ?? (parts.url === null ? null : findName(parts.url, names));
  if (found !== null) return found;
  const candidates = 'candidates' in detected ? detected.candidates : [];
  if (candidates.length > 0) throw ambiguous('URLs', '--url-col', candidates, names, fileName);
  throw usageError(
    `Cannot find the URLs in '${fileName}': expected a column named url or image_url, found ${listColumns(names)}; ` +
      'name it with --url-col',
  );
}

interface CaptionSearch {
  readonly names: readonly string[];
  readonly fileName: string;
  readonly parts: Parts;
  readonly findIfHere: (name: string, option: string) => number | null;
}

function findCaption(
  columns: readonly Column[],
  url: number,
  { captionCol }: WantedColumns,
  { names, fileName, parts, findIfHere }: CaptionSearch,
): number | null {
  if (captionCol === null) return null;
  if (captionCol !== undefined) return findIfHere(captionCol, '--caption-col');
  const detected = detectCaption(columns, url);
  const found = detected.found ?? (parts.caption === null ? null : findName(parts.caption, names));
  const candidates = 'candidates' in detected ? detected.candidates : [];
  if (found !== null && found !== url) return found;
  if (candidates.length === 0) return null;
  throw ambiguous('captions', '--caption-col', candidates, names, fileName);
}

function findKey(
  { column, position, prefix }: NonNullable<WantedColumns['key']>,
  columns: readonly Column[],
  find: (name: string, option: string) => number,
  fileName: string,
): KeyColumn {
  const index = find(column, '--key-col');
  requireReadable(columns[index], 'keys', '--key-col', fileName);
  return { index, position: position === null ? null : find(position, '--key-col'), prefix };
}

/** A number may be a caption or a key, as the string of its digits. Lists and structs can only be carried. */
const READABLE = {
  URLs: { isKind: (kind: string) => ['string', 'json', 'bytes'].includes(kind), expected: 'strings' },
  keys: {
    isKind: (kind: string) => ['string', 'json', 'bytes', 'int', 'float', 'decimal'].includes(kind),
    expected: 'strings or numbers',
  },
  subfolders: {
    isKind: (kind: string) => !['list', 'struct'].includes(kind),
    expected: 'strings or numbers',
  },
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

function carry(
  indexes: readonly number[],
  columns: readonly Column[],
  sampleColumns: ReadonlySet<string> = new Set(),
): ColumnChoice['extra'] {
  const isReserved = (name: string): boolean => RESERVED_COLUMNS.has(name) || sampleColumns.has(name);
  const taken = new Set(indexes.flatMap((index) => columns[index]?.name ?? []));
  return indexes.flatMap((index) => {
    const column = columns[index];
    if (column === undefined) return [];
    if (!isReserved(column.name)) return [{ index, column, convert: null }];
    let name = `index_${column.name}`;
    while (taken.has(name)) name = `index_${name}`;
    taken.add(name);
    return [{ index, column: { ...column, name }, convert: null }];
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
