import { listNames } from '../../util/text/list-names.ts';
import type { Member } from './json-scan.ts';

/** How an object holds rows. */
export type Layout =
  /** `{"url": ["a", "b"]}` or `{"url": {"0": "a", "1": "b"}}`: a list or an object for each column. */
  | { readonly kind: 'columns'; readonly columns: readonly Member[]; readonly leftOut: readonly string[] }
  /** `{"annotations": [{"url": "a"}]}`: a list of rows. */
  | { readonly kind: 'records'; readonly list: Member; readonly leftOut: readonly string[] }
  /** `{"columns": ["url"], "index": [0], "data": [["a"]]}`, pandas' orient='split'. */
  | { readonly kind: 'split'; readonly names: Member; readonly data: Member }
  /** `{"0": {"url": "a"}, "1": {"url": "b"}}`, pandas' orient='index': the members are the rows. */
  | { readonly kind: 'rows' }
  /** `{"url": "a"}`: a row by itself. */
  | { readonly kind: 'row' };

/** Each column is read at its own place in the file, with memory of its own. */
const MAX_COLUMNS = 1000;

/**
 * The layout of an object, by its members. `records` is the value of `--records`.
 * @returns a string with the reason if there is none, or more than one
 */
export function findLayout(members: readonly Member[], records: string | null): Layout | string {
  const twice = findTwice(members);
  if (twice !== null) return `it has the member '${twice}' twice`;
  if (records !== null) return namedRecords(members, records);
  if (members.length === 0) return { kind: 'columns', columns: [], leftOut: [] };
  return (
    findSplit(members) ??
    findRows(members) ??
    (members.every(({ kind }) => kind === 'scalar') ? { kind: 'row' } : findColumns(members)) ??
    findRecords(members)
  );
}

function findTwice(members: readonly Member[]): string | null {
  const seen = new Set<string>();
  for (const { name } of members) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return null;
}

function namedRecords(members: readonly Member[], name: string): Layout | string {
  const list = members.find((member) => member.name === name);
  if (list === undefined) return `it has no member '${name}' (--records); it has ${namesOf(members)}`;
  if (list.kind !== 'list') return `its member '${name}' (--records) is not a list of objects`;
  return { kind: 'records', list, leftOut: [] };
}

function findSplit(members: readonly Member[]): Layout | null {
  const list = (name: string) => members.find((member) => member.name === name && member.kind === 'list');
  const [names, data] = [list('columns'), list('data')];
  const known = new Set(['columns', 'index', 'data']);
  if (names === undefined || data === undefined) return null;
  const isSplit = names.first !== 'object' && (data.first === 'list' || data.items === 0);
  return isSplit && members.every(({ name }) => known.has(name)) ? { kind: 'split', names, data } : null;
}

/** Members named by numbers are rows; columns have names. */
function findRows(members: readonly Member[]): Layout | null {
  const areRows = members.every(({ kind, name }) => kind === 'object' && /^\d+$/.test(name));
  return areRows ? { kind: 'rows' } : null;
}

function findColumns(members: readonly Member[]): Layout | string | null {
  const lists = members.filter(({ kind }) => kind === 'list');
  const objects = members.filter(({ kind }) => kind === 'object');
  const leftOut = members.filter(({ kind }) => kind === 'scalar').map(({ name }) => name);
  const columns = lists.length > 0 ? lists : objects;
  if (lists.length > 0 && (objects.length > 0 || lists.every(({ first }) => first === 'object'))) return null;
  const [first, ...others] = columns;
  if (first === undefined) return null;
  const other = others.find(({ items }) => items !== first.items);
  if (other !== undefined) {
    // A list of objects among shorter lists is more likely the rows than a column.
    if (lists.some((list) => list.first === 'object')) return null;
    const values = ({ name, items }: Member) => `'${name}' has ${items.toLocaleString('en-US')} values`;
    return `its columns differ in length: ${values(first)}, ${values(other)}`;
  }
  const misplaced = others.find(({ keys }) => keys !== first.keys);
  if (misplaced !== undefined) {
    return `its columns '${first.name}' and '${misplaced.name}' have different keys, or the same keys in a different order`;
  }
  if (columns.length > MAX_COLUMNS) {
    return `it has ${columns.length} columns; at most ${MAX_COLUMNS} are read from an object of columns`;
  }
  return { kind: 'columns', columns, leftOut };
}

function findRecords(members: readonly Member[]): Layout | string {
  const lists = members.filter(({ kind, first }) => kind === 'list' && first === 'object');
  const [list, ...others] = lists;
  if (list === undefined)
    return `it is an object without a list of rows or columns; it has ${namesOf(members)}`;
  if (others.length > 0)
    return `several of its lists may be the rows: ${namesOf(lists)}; name one with --records`;
  return {
    kind: 'records',
    list,
    leftOut: members.filter((member) => member !== list).map(({ name }) => name),
  };
}

const namesOf = (members: readonly Member[]): string => listNames(members.map(({ name }) => `'${name}'`));
