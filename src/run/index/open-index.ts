import type { Options } from '../../config/resolve.ts';
import { type Column, typeName } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import { type ColumnChoice, chooseColumns } from '../../inputs/columns.ts';
import type { IndexFile, IndexSource } from '../../inputs/file/index-file.ts';
import { openIndex } from '../../inputs/open.ts';
import { listNames } from '../../util/text/list-names.ts';
import { readOptions } from './read-options.ts';

/** What is known about an input before its rows are read. */
export interface OpenedFile {
  readonly source: IndexSource;
  readonly rowCount: number | null;
  readonly choice: ColumnChoice;
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
 * Opens every input once, so that unreadable files and files with other columns than the first are found before
 * anything is fetched.
 */
export async function openIndexFiles(
  sources: readonly IndexSource[],
  options: Options,
  onNotice: (message: string) => void,
): Promise<OpenedIndex> {
  const files: OpenedFile[] = [];
  for (const source of sources) {
    // A file is opened again for its rows, and says then what is to be said of it.
    const isOnlyOpening = source.path === null;
    const index = await openIndex(source, {
      ...readOptions(options),
      ...(isOnlyOpening ? { onNotice } : {}),
    });
    const choice = index.columns.length === 0 ? null : chooseFrom(index, options);
    if (choice !== null) tellLargeColumns(index, choice, onNotice);
    const { rowCount } = index;
    const opened = source.path === null ? index : null;
    if (opened === null) await index.close();
    if (choice !== null) files.push({ source, rowCount, choice, opened });
  }
  const [first] = files;
  if (first === undefined) return { files, columns: [], caption: false };
  for (const file of files.slice(1)) requireSameColumns(first, file);
  return {
    files,
    columns: first.choice.extra.map(({ column }) => column),
    caption: first.choice.caption !== null,
  };
}

/** The columns to use. A list of URLs has no named columns. An old command line may name some anyway; img2dataset ignores them, and so do we. */
export function chooseFrom({ columns, source, roles }: IndexFile, options: Options): ColumnChoice {
  if (source.format === 'txt' && columns.length === 1) return chooseColumns(columns, {}, source.name);
  const wanted = wantedColumns(options);
  const own = roles && {
    urlCol: roles.url,
    ...(roles.caption === null || options.captionCol !== null ? {} : { captionCol: roles.caption }),
  };
  return chooseColumns(columns, { ...wanted, ...own }, source.name);
}

/** Says before any row is read which carried columns rows may lose. */
export function tellLargeColumns(
  { source, columns, largeColumns = [] }: IndexFile,
  { extra }: ColumnChoice,
  onNotice: (message: string) => void,
): void {
  const carried = largeColumns.filter((column) => extra.some(({ index }) => index === column));
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
  };
}

function requireSameColumns(first: OpenedFile, file: OpenedFile): void {
  const [expected, found] = [describe(first.choice), describe(file.choice)];
  if (expected === found) return;
  const hint = 'name the columns that all files share with --columns, or run them as separate datasets';
  const names = [`'${first.source.name}' has ${expected}`, `'${file.source.name}' has ${found}`];
  throw inputError(`Cannot make one dataset of these files: ${names.join(', ')}; ${hint}`);
}

function describe(choice: ColumnChoice): string {
  const carried = choice.extra.map(({ column }) => `${column.name} ${typeName(column.type)}`);
  return [choice.caption === null ? 'no caption' : 'a caption', ...carried].join(', ');
}
