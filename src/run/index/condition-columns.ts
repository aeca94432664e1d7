import { type Column, INT64, STRING } from '../../core/columns.ts';
import type { IndexFile } from '../../inputs/file/index-file.ts';
import { widerType } from '../../inputs/parts/wider-type.ts';

/**
 * All columns of the parts of an index as a condition sees them where a part lacks one: of the wider type; those of
 * folders such as `year=2020` are numbers if all their values are.
 */
export function conditionColumns(parts: readonly Pick<IndexFile, 'source' | 'columns'>[]): Column[] {
  const found = new Map<string, Column>();
  for (const { source, columns } of parts) {
    const folders = new Map((source.partitions ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
    for (const column of columns) {
      const key = column.name.toLowerCase();
      const folder = folders.get(key);
      const type = folder === undefined ? column.type : folderType(folder);
      const known = found.get(key);
      found.set(
        key,
        known === undefined ? { name: column.name, type } : { ...known, type: widerType(known.type, type) },
      );
    }
  }
  return [...found.values()];
}

const folderType = (value: string | null): Column['type'] =>
  value === null || /^-?(?:0|[1-9]\d{0,17})$/.test(value) ? INT64 : STRING;
