import type { InputFormat } from '../../core/choices.ts';
import type { Column, Value } from '../../core/columns.ts';
import type { HeldImage } from '../../core/samples.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Bytes in order, to be read once. `close` may be called at any time and ends a pending read. */
export interface ByteStream {
  readonly chunks: AsyncIterable<Buffer>;
  close(): void;
}

/** A column that a folder gives to all rows of the files in it. */
export interface Partition {
  readonly name: string;
  readonly value: string | null;
}

/** A file that is not on this machine. Parts of it are fetched when they are needed, into a temporary file. */
export interface RemoteSource {
  /** Name of the file without its folders. */
  readonly fileName: string;
  /** What changes whenever the content does; null if its server tells nothing of this kind. */
  readonly version: string | null;
  /** Its temporary file, which several readers share and which is removed when the last has closed it. */
  open(): Promise<LocalParts>;
}

/** The parts of a remote file that are on this machine. */
export interface LocalParts {
  /** A file of the same length, of which only those bytes are there that were fetched. */
  readonly path: string;
  /**
   * Fetches the bytes from `from` to `end` that are missing.
   * @throws UserError when they cannot be read or kept
   */
  fetch(from: number, end: number): Promise<void>;
  /** Fetches all that is missing, in the background and one piece at a time. Never rejects: `fetch` says what is wrong. */
  fetchRest(): Promise<void>;
  /** Ends all that is being fetched with this reason. */
  abort(reason: unknown): void;
  close(): Promise<void>;
}

/** One file of the index, or standard input. */
export interface IndexSource {
  /** Name in messages: the path as the user gave it, or `-`. */
  readonly name: string;
  /** Null for standard input. Of a remote file that is not open, its address. */
  readonly path: string | null;
  readonly format: InputFormat;
  readonly compression: Compression;
  /** Size of the file; null for standard input. */
  readonly bytes: number | null;
  /** What its folders say about all rows, such as `lang=en`. */
  readonly partitions?: readonly Partition[];
  /** The bytes of standard input; only if `path` is null. */
  readonly stdin?: ByteStream;
  /** Of a file that is not on this machine. */
  readonly remote?: RemoteSource;
  /** Of a remote file that is open. */
  readonly parts?: LocalParts;
}

/** Why a value was left out of its row: it is too large, or not of its column's type. */
export type Lost = 'large' | 'misfit';

/**
 * A row, or why it could not be read ("line 12: expected 3 fields, found 2"); an unreadable row also counts as a row.
 * `values` has an entry for every column of the file, null for columns that were not requested. `lost` has the positions
 * of values that the row has but that were left out. `values` of an unreadable row is what is known without reading it.
 * `number` is that of the row in its file, from 0, if rows before it may have been left out.
 */
export type IndexRow =
  | {
      readonly values: readonly Value[];
      readonly lost?: ReadonlyMap<number, Lost>;
      readonly number?: number;
      /** With `OpenOptions.images`, the image of the row in the file; null if it has none. */
      readonly image?: HeldImage | null;
    }
  | { readonly unreadable: string; readonly values?: readonly Value[] };

export interface RowsRequest {
  /** Number of rows to skip, counted after `where`. */
  readonly from: number;
  /** Positions in the file's `columns`; only these are read. */
  readonly columns: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

export interface IndexFile {
  readonly source: IndexSource;
  /** All columns of the file. */
  readonly columns: readonly Column[];
  /** Null if it cannot be known without reading everything. */
  readonly rowCount: number | null;
  /** Names of the columns of URLs and captions, where the file itself says so; `caption` null to detect it. */
  readonly roles?: {
    readonly url: string;
    readonly caption: string | null;
    /** Column of the position of a URL in its list. */
    readonly position: string;
    /** Column of the number of the row with the list. */
    readonly row: string;
  };
  /** Columns with the number of each row and the name of the file, if `OpenOptions` asks for them. */
  readonly rowColumns?: readonly string[];
  /** Positions of columns that are known to have large values, which rows may lose. */
  readonly largeColumns?: readonly number[];
  /**
   * Batches of rows in the order of the file, in bounded memory: the next batch is read when it is requested.
   * May be called again and again, except on standard input.
   * @throws UserError when the file turns out to be damaged; the signal's reason when it is aborted
   */
  rows(request: RowsRequest): AsyncIterable<readonly IndexRow[]>;
  /** Number of rows that meet the condition, where that takes no read of all rows; null if it does. */
  count?(signal: AbortSignal): Promise<number | null>;
  /**
   * Sums up most rows without reading them one by one; null if it cannot. Gives the other rows, in order, and those that
   * fail. The sums go to the request's sink before rows that come later in the file are given.
   * @throws as `rows` does
   */
  sumUp?(request: SumRequest): AsyncIterable<readonly IndexRow[]> | null;
  /** Of a remote file: fetches all of it in the background. Never rejects: reading says what is wrong. */
  fetchRest?(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** SQL condition on the rows. */
  readonly where?: string | undefined;
  /** The columns of all parts of the index; a condition may use those that the file lacks. */
  readonly whereColumns?: readonly Column[] | undefined;
  /** The member of a JSON object that is the list of rows; null to find it. JSON only. */
  readonly records?: string | null | undefined;
  /** Names of the columns of a table without a header; null if its first line has them. CSV, TSV and text only. */
  readonly header?: readonly string[] | null | undefined;
  /** The character between the fields of a table; null to recognise it. CSV, TSV and text only. */
  readonly delimiter?: string | null | undefined;
  /** The encoding of a text, as TextDecoder names it; null to recognise UTF-8 and UTF-16. */
  readonly encoding?: string | null | undefined;
  /** The column of URLs, null to detect it; a list in it makes a row for each URL. */
  readonly urlCol?: string | null | undefined;
  /** Whether to add columns with the number of each row and the name of the file. */
  readonly indexRow?: boolean | undefined;
  /** The column of captions, null to detect it, false for none. */
  readonly captionCol?: string | null | false | undefined;
  /** Whether rows have their images, which the file holds. Webdataset only. */
  readonly images?: boolean | undefined;
  /** Receives one line for each part that is left out of an otherwise readable file. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/** Which rows are summed up: those with such a URL that pass all checks and are not too large. */
export interface SumRequest {
  /** Positions of the columns that count for the size of a row, the first ones first, as in `RowsRequest`. */
  readonly columns: readonly number[];
  /** Position of the column of URLs, and the regular expression (RE2) that a whole URL must match. */
  readonly url: { readonly column: number; readonly pattern: string };
  readonly checks: readonly ColumnCheck[];
  /** Positions of the width and the height of images in pixels. */
  readonly area: readonly [number, number] | null;
  /** Maximum rows of both kinds. */
  readonly limit: number;
  /** Which rows count at all; null for all. */
  readonly pick: RowPick | null;
  readonly sink: SumSink;
  readonly signal: AbortSignal;
}

/** What the value of a column must be: null, not null, at most so many bytes long, or null or a match of an RE2 pattern. */
export interface ColumnCheck {
  readonly column: number;
  readonly is: 'null' | 'known' | { readonly maxBytes: number } | { readonly pattern: string };
}

/** A choice of rows by their numbers, also as SQL. */
export interface RowPick {
  readonly picks: (row: number) => boolean;
  readonly sql: (row: string) => string;
}

/** Takes the sums of rows. */
export interface SumSink {
  /** So many rows with URLs of this scheme (`https`) and authority (`a.example:8080`); all of them by the end of the file. */
  takeOrigin(scheme: 'http' | 'https', authority: string, rows: number): void;
  /** The first 12 hexadecimal digits of a URL's sha1 as a number. */
  takeDigest(digest: number): void;
  /** Digests that are not below this in hexadecimal are not wanted; null if all are. */
  readonly digestBound: string | null;
  takeAreas(images: number, pixels: number): void;
}

/** The function that a format provides: opens a file and reads only as much as is needed to know its columns. */
export type OpenFormat = (source: IndexSource, options: OpenOptions) => Promise<IndexFile>;
