import { INPUT_FORMATS, type InputFormat, STREAMED_FORMATS } from '../core/choices.ts';
import { usageError } from '../core/errors.ts';
import type { Compression, OpenFormat } from './file/index-file.ts';

interface Format {
  /** Name in messages. */
  readonly label: string;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  readonly load: () => Promise<OpenFormat>;
}

/**
 * The formats of an index: the registry of readers. A new format is a word in `core/choices.ts`, an entry here, and a
 * reader in the folder of its family. A reader is loaded when the first file of its format is opened.
 */
export const FORMATS: Readonly<Record<InputFormat, Format>> = {
  parquet: {
    label: 'Parquet',
    extensions: ['.parquet'],
    load: async () => (await import('./parquet/parquet.ts')).openParquet,
  },
  webdataset: {
    label: 'webdataset',
    extensions: ['.tar'],
    load: async () => (await import('./webdataset/webdataset.ts')).openWebdataset,
  },
  csv: {
    label: 'CSV',
    extensions: ['.csv'],
    load: async () => (await import('./text/delimited.ts')).openCsv,
  },
  tsv: {
    label: 'TSV',
    extensions: ['.tsv'],
    load: async () => (await import('./text/delimited.ts')).openTsv,
  },
  json: {
    label: 'JSON',
    extensions: ['.json'],
    load: async () => (await import('./json/json.ts')).openJson,
  },
  jsonl: {
    label: 'JSON Lines',
    extensions: ['.jsonl', '.ndjson'],
    load: async () => (await import('./json/jsonl.ts')).openJsonl,
  },
  txt: {
    label: 'text',
    extensions: ['.txt'],
    load: async () => (await import('./text/txt.ts')).openTxt,
  },
  arrow: {
    label: 'Arrow',
    extensions: ['.arrow', '.feather'],
    load: async () => (await import('./arrow/arrow.ts')).openArrow,
  },
};

/** Whether a format is read from front to back, so that it may be compressed. */
export function isStreamed(format: InputFormat): boolean {
  return STREAMED_FORMATS.some((streamed) => streamed === format);
}

const COMPRESSIONS: readonly (readonly [string, Compression])[] = [
  ['.gz', 'gzip'],
  ['.zst', 'zstd'],
];

export interface NamedFormat {
  readonly format: InputFormat;
  /** `none` if the name does not include a compression. */
  readonly compression: Compression;
}

/** The format that a file name indicates, or null: `x.csv.gz` is CSV in gzip. */
export function formatOfFile(fileName: string): NamedFormat | null {
  const { stem, compression } = cutCompression(fileName.toLowerCase());
  for (const format of INPUT_FORMATS) {
    if (FORMATS[format].extensions.some((extension) => stem.endsWith(extension))) {
      return compression === 'none' || isStreamed(format) ? { format, compression } : null;
    }
  }
  return null;
}

/** The compression that a file name indicates, whatever the format. */
export function compressionOfFile(fileName: string): Compression {
  return cutCompression(fileName.toLowerCase()).compression;
}

/**
 * Reads the value of `--input-format`: `csv`, `csv.gz`, `jsonl.zst`.
 * @throws UserError when it names no format
 */
export function parseInputFormat(text: string): NamedFormat {
  const { stem, compression } = cutCompression(text);
  const format = INPUT_FORMATS.find((name) => name === stem);
  if (format === undefined || (compression !== 'none' && !isStreamed(format))) {
    throw usageError(
      `Cannot use '${text}' as --input-format: expected ${INPUT_FORMATS.join(', ')}; ` +
        `all but parquet, arrow and webdataset also with .gz or .zst`,
    );
  }
  return { format, compression };
}

function cutCompression(name: string): { readonly stem: string; readonly compression: Compression } {
  for (const [extension, compression] of COMPRESSIONS) {
    if (name.endsWith(extension)) return { stem: name.slice(0, -extension.length), compression };
  }
  return { stem: name, compression: 'none' };
}
