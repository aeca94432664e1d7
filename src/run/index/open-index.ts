import pLimit from 'p-limit';
import type { Options } from '../../config/resolve.ts';
import { type Column, typeName } from '../../core/columns.ts';
import { type ColumnChoice, chooseColumns, describeParts, type Parts } from '../../inputs/columns.ts';
import type { IndexFile, IndexSource, OpenOptions } from '../../inputs/file/index-file.ts';
import { mergeChoices } from '../../inputs/merge-choices.ts';
import { openIndex } from '../../inputs/open.ts';
import { listNames } from '../../util/text/list-names.ts';
import { conditionColumns } from './condition-columns.ts';
import { readOptions } from './read-options.ts';
import { reservedNames } from './reserved-names.ts';

/** Each is opened as a table of DuckDB and takes some requests. */
const REMOTE_AT_A_TIME = 8;

/** What is known about an input before its rows are read. */
export interface OpenedFile {
  readonly source: IndexSource;
  readonly rowCount: number | null;
  readonly choice: ColumnChoice;
  /** How it is opened for its rows. */
  readonly options: OpenOptions;
  /** Kept open only if it cannot be opened twice: standard input. */
  readonly opened: IndexFile | null;
}

export interface OpenedIndex {
  readonly files: readonly OpenedFile[];
  /** Carried columns, with their names in the dataset. */
  readonly columns: readonly Column[];
  readonly caption: boolean;
}

/**
 * Opens every input once, so that unreadable files are found before anything is fetched. Files with different columns are
 * parts of one dataset.
 */
export async function openIndexFiles(
  sources: readonly IndexSource[],
  options: Options,
  onNotice: (message: string) => void,
): Promise<OpenedIndex> {
  const openings = await openEach(sources, readOptions(options), onNotice);
  const indexes = openings.filter(({ columns }) => columns.length > 0);
  const parts = describeParts(indexes.map(({ columns }) => columns));
  const chosen = indexes.map((index) => ({
    columns: index.columns,
    choice: chooseFrom(index, options, parts),
  }));
  for (const [at, index] of indexes.entries()) tellLargeColumns(index, chosen[at]?.choice, onNotice);
  const { columns, choices } = mergeChoices(chosen);
  const files = indexes.flatMap(({ source, rowCount, options, opened }, at): OpenedFile[] => {
    const choice = choices[at];
    return choice === undefined ? [] : [{ source, rowCount, choice, options, opened }];
  });
  return { files, columns, caption: choices.some(({ caption }) => caption !== null) };
}

/** What a file says of itself without its rows. */
type Shape = Pick<IndexFile, 'source' | 'columns' | 'rowCount' | 'largeColumns' | 'roles' | 'rowColumns'>;

/** A file that has been opened, and closed again unless it cannot be opened twice. */
type Opening = Shape & Pick<OpenedFile, 'options' | 'opened'>;

/**
 * Opens each file to read its columns. A file that is opened again for its rows says then what is to be said of it. The
 * condition of `options` may use a column that only some files have.
 */
export async function openEach(
  sources: readonly IndexSource[],
  options: OpenOptions,
  onNotice: (message: string) => void,
): Promise<Opening[]> {
  const { where, ...unconditional } = options;
  const shapes = await readShapes(sources, unconditional);
  const whereColumns = where === undefined ? [] : conditionColumns([...shapes.values()]);
  const reading: OpenOptions = { ...options, whereColumns };
  if (where !== undefined) await checkConditions([...shapes.values()], reading);
  const openings: Opening[] = [];
  for (const source of sources) {
    const shape = shapes.get(source);
    if (shape === undefined) {
      const index = await openIndex(source, { ...reading, onNotice });
      openings.push({ ...shapeOf(index), options: reading, opened: index });
    } else {
      const rowCount = where === undefined ? shape.rowCount : null;
      openings.push({ ...shape, rowCount, options: reading, opened: null });
    }
  }
  return openings;
}

/** What those files say of themselves that can be opened twice. Remote files are opened some at a time. */
async function readShapes(
  sources: readonly IndexSource[],
  options: OpenOptions,
): Promise<ReadonlyMap<IndexSource, Shape>> {
  const limit = pLimit(sources.some(({ remote }) => remote !== undefined) ? REMOTE_AT_A_TIME : 1);
  const twice = sources.filter(({ path }) => path !== null);
  const shapes = await limit.map(
    twice,
    async (source) => [source, await readShape(source, options)] as const,
  );
  return new Map(shapes);
}

async function readShape(source: IndexSource, options: OpenOptions): Promise<Shape> {
  const index = await openIndex(source, options);
  await index.close();
  return shapeOf(index);
}

const shapeOf = ({ source, columns, rowCount, largeColumns = [], roles, rowColumns }: IndexFile): Shape => ({
  source,
  columns,
  rowCount,
  largeColumns,
  ...(roles && { roles }),
  ...(rowColumns && { rowColumns }),
});

/** Checks the condition with one file of each set of columns. */
async function checkConditions(shapes: readonly Shape[], options: OpenOptions): Promise<void> {
  const checked = new Set<string>();
  for (const { source, columns } of shapes) {
    const key = [source.format, ...columns.map(({ name, type }) => `${name}\0${typeName(type)}`)].join('\0');
    if (checked.has(key)) continue;
    checked.add(key);
    await readShape(source, options);
  }
}

/** The columns to use. A list of URLs has no named columns. An old command line may name some anyway; img2dataset ignores them, and so do we. */
export function chooseFrom(
  { columns, source, roles, rowColumns = [] }: Shape,
  options: Options,
  parts: Parts,
): ColumnChoice {
  const { keyCol: column, keyPrefix } = options;
  const key = column && { column, position: roles?.position ?? null, prefix: keyPrefix ?? '' };
  if (source.format === 'txt' && columns.length === 1 + rowColumns.length) {
    const { subfolderCol } = wantedColumns(options);
    return chooseColumns(
      columns,
      { ...(key && { key }), ...(subfolderCol && { subfolderCol }) },
      source.name,
      parts,
    );
  }
  const listed = options.columns && { columns: [...options.columns, ...rowColumns] };
  const wanted = { ...wantedColumns(options), ...(key && { key }), ...listed };
  const own = roles && {
    urlCol: roles.url,
    ...(roles.caption === null || options.captionCol !== null ? {} : { captionCol: roles.caption }),
  };
  return chooseColumns(columns, { ...wanted, ...own }, source.name, parts);
}

/** Says before any row is read which carried columns rows may lose. */
export function tellLargeColumns(
  { source, columns, largeColumns = [] }: Shape,
  choice: ColumnChoice | undefined,
  onNotice: (message: string) => void,
): void {
  const carried = largeColumns.filter((column) => choice?.extra.some(({ index }) => index === column));
  if (carried.length === 0) return;
  const names = listNames(carried.map((column) => `'${columns[column]?.name}'`));
  const what = `rows of more than 256 KiB lose their largest values, and these columns have large ones: ${names}`;
  onNotice(`'${source.name}': ${what}; leave them out with --columns`);
}

/** The columns that the options name, in the form that `chooseColumns` takes. */
function wantedColumns(options: Options): Parameters<typeof chooseColumns>[1] {
  return {
    ...(options.urlCol === null ? {} : { urlCol: options.urlCol }),
    ...(options.captionCol === null
      ? {}
      : { captionCol: options.captionCol === false ? null : options.captionCol }),
    ...(options.columns === null ? {} : { columns: options.columns }),
    ...(options.verifyHash === null ? {} : { hash: options.verifyHash }),
    ...(options.bboxCol === null ? {} : { bboxCol: options.bboxCol }),
    sampleColumns: reservedNames(options),
    ...(options.subfolderCol === null ? {} : { subfolderCol: options.subfolderCol }),
  };
}
