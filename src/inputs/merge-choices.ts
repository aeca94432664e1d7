import type { Column } from '../core/columns.ts';
import type { ColumnChoice } from './columns.ts';
import { convertTo } from './parts/convert.ts';
import { widerType } from './parts/wider-type.ts';

/** A column that parts of the index carry, with what it is called in the first of them. */
interface SharedColumn {
  readonly name: string;
  column: Column;
}

export interface MergedChoices {
  /** Carried columns of the dataset. */
  readonly columns: readonly Column[];
  /** The choices, each of which carries all of these columns. */
  readonly choices: readonly ColumnChoice[];
}

/** Parts of an index, each with the columns of its file. */
type Part = { readonly columns: readonly Column[]; readonly choice: ColumnChoice };

/**
 * Makes one dataset of files whose columns differ: columns of the same name, whatever its case, are one, which has the
 * first file's name and the wider type, and is null for the rows of files that lack it.
 */
export function mergeChoices(parts: readonly Part[]): MergedChoices {
  const shared: SharedColumn[] = [];
  const places = parts.map((part) => placeColumns(part, shared));
  const columns = uniqueNames(shared.map(({ column }) => column));
  const choices = parts.map(({ choice }, at) => {
    const extra = columns.map((column, position) => {
      const carried = choice.extra[places[at]?.get(position) ?? -1];
      if (carried === undefined || carried.column.isNull) return { index: null, column, convert: null };
      return { index: carried.index, column, convert: convertTo(column.type, carried.column.type) };
    });
    return { ...choice, extra };
  });
  return { columns, choices };
}

/** Positions in `shared` of the columns that a part carries; `shared` gets the new ones. */
function placeColumns({ columns, choice }: Part, shared: SharedColumn[]): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  const names = choice.extra.map(({ index }) => columns[index ?? -1]?.name ?? '');
  const place = (isSame: (a: string, b: string) => boolean): void => {
    const placed = new Set(places.values());
    for (const [at, name] of names.entries()) {
      if (placed.has(at)) continue;
      const position = shared.findIndex((each, index) => !places.has(index) && isSame(each.name, name));
      if (position !== -1) places.set(position, at);
    }
  };
  place((a, b) => a === b);
  place((a, b) => a.toLowerCase() === b.toLowerCase());
  const placed = new Set(places.values());
  for (const [at, { column }] of choice.extra.entries()) {
    if (placed.has(at)) continue;
    places.set(shared.length, at);
    shared.push({ name: names[at] ?? '', column });
  }
  for (const [position, at] of places) {
    const [known, found] = [shared[position], choice.extra[at]?.column];
    if (known !== undefined && found !== undefined) known.column = merge(known.column, found);
  }
  return places;
}

function merge(known: Column, found: Column): Column {
  if (found.isNull) return known;
  return known.isNull
    ? { ...found, name: known.name }
    : { ...known, type: widerType(known.type, found.type) };
}

/** Columns of different parts may be carried under one name, such as `index_key` for a `key` that is reserved. */
function uniqueNames(columns: readonly Column[]): Column[] {
  const taken = new Set<string>();
  return columns.map((column) => {
    let { name } = column;
    while (taken.has(name)) name = `index_${name}`;
    taken.add(name);
    return { ...column, name };
  });
}
