import type { Options } from '../../config/resolve.ts';
import type { Column } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import {
  DENY_KINDS,
  type DenyKind,
  type DenyTable,
  DenyTableBuilder,
} from '../../fetch/deny-list/deny-table.ts';
import type { IndexSource } from '../../inputs/file/index-file.ts';
import { formatOfFile } from '../../inputs/formats.ts';
import { openIndex } from '../../inputs/open.ts';
import { findSources } from '../../inputs/sources.ts';
import { plural } from '../../util/text/units.ts';
import { describeInput } from '../dataset/describe-input.ts';
import type { ManifestInput } from '../dataset/manifest.ts';
import { entryOf, parseEntry } from './parse-entry.ts';

export interface ReadDenyList {
  readonly table: DenyTable;
  /** What the manifest records of its files. */
  readonly files: readonly ManifestInput[];
}

/** How the values of a column are read: as entries of one kind, or as lines of a text. */
type Reading = DenyKind | 'line';

const COLUMN_NAMES: Readonly<Record<string, DenyKind>> = {
  ...Object.fromEntries(DENY_KINDS.map((kind) => [kind, kind])),
  image_url: 'url',
  hostname: 'host',
  url_sha256: 'url-sha256',
  url_md5: 'url-md5',
};

/** The lists of the user, read. */
export interface OpenedDenyList {
  /** The table, with what was taken out of a dataset; null without any entry. */
  finish(removed: Buffer | null): ReadDenyList | null;
}

/**
 * Reads the entries of the files of `--deny-list`. Lines that begin with `#` are comments.
 * @throws UserError if a file cannot be read, or has no entry
 */
export async function openDenyList(
  { denyList, proxy }: Pick<Options, 'denyList' | 'proxy'>,
  onNotice: (message: string) => void,
): Promise<OpenedDenyList> {
  const builder = new DenyTableBuilder();
  const sources: IndexSource[] = [];
  for (const name of denyList) {
    // A list under any other name is a text.
    const inputFormat = formatOfFile(name) === null && /^[^*?[\]{}]+$/.test(name) ? 'txt' : undefined;
    sources.push(...(await findSources([name], { proxy, inputFormat })));
  }
  const files = await readEntries(sources, builder, onNotice);
  return {
    finish: (removed) => {
      if (denyList.length === 0 && removed === null) return null;
      for (const line of removed?.toString('utf8').split('\n') ?? [])
        for (const { kind, text } of isEmpty(line) ? [] : (parseEntry(line) ?? [])) builder.add(kind, text);
      return { table: builder.finish(), files };
    },
  };
}

async function readEntries(
  sources: readonly IndexSource[],
  builder: DenyTableBuilder,
  onNotice: (message: string) => void,
): Promise<readonly ManifestInput[]> {
  const files: ManifestInput[] = [];
  for (const source of sources) {
    files.push(await describeInput(source));
    const before = builder.size;
    await readFile(source, builder, onNotice);
    if (builder.size > before) continue;
    throw inputError(
      `Cannot read the deny list '${source.name}': expected URLs, hosts, domains or digests, found none; ` +
        'docs/deny-lists.md says how to write them',
    );
  }
  return files;
}

async function readFile(
  source: IndexSource,
  builder: DenyTableBuilder,
  onNotice: (message: string) => void,
): Promise<void> {
  const file = await openIndex(source, { header: null });
  let misfits = 0;
  let example = '';
  try {
    const readings = source.format === 'txt' ? ['line' as const] : chooseColumns(source, file.columns);
    const columns = readings.flatMap((reading, at) => (reading === null ? [] : [at]));
    for await (const rows of file.rows({ from: 0, columns })) {
      for (const row of rows) {
        if ('unreadable' in row) {
          misfits += 1;
          if (misfits === 1) example = row.unreadable;
          continue;
        }
        for (const at of columns) {
          const reading = readings[at] ?? 'line';
          const value = textOf(row.values[at], reading);
          if (value === null || isEmpty(value)) continue;
          const entries = reading === 'line' ? parseEntry(value) : entryOf(reading, value);
          for (const { kind, text } of entries ?? []) builder.add(kind, text);
          if (entries !== null) continue;
          misfits += 1;
          if (misfits === 1) example = value.slice(0, 80);
        }
      }
    }
  } finally {
    await file.close();
  }
  if (misfits > 0) {
    onNotice(
      `the deny list '${source.name}': ${plural(misfits, 'line')} left out, neither URL, host, domain nor digest; the first is '${example}'`,
    );
  }
}

const isEmpty = (value: string): boolean => /^\s*(?:#|$)/.test(value);

/** Some writers of Parquet give texts as bytes; a digest may also be its bytes themselves. */
function textOf(value: unknown, reading: Reading): string | null {
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) return null;
  const isDigest = /sha256|md5/.test(reading) && (value.length === 32 || value.length === 16);
  return Buffer.from(value).toString(isDigest && !isHex(value) ? 'hex' : 'utf8');
}

const isHex = (bytes: Uint8Array): boolean => /^[\da-f]+$/i.test(Buffer.from(bytes).toString('latin1'));

/** How each column of a table is read; null for those that say nothing. A single column may have any name. */
function chooseColumns(source: IndexSource, columns: readonly Column[]): readonly (Reading | null)[] {
  const readings = columns.map(({ name, type }) =>
    type.kind === 'string' || type.kind === 'bytes' ? (COLUMN_NAMES[name.toLowerCase()] ?? null) : null,
  );
  if (readings.some((reading) => reading !== null)) return readings;
  if (columns.length === 1) return ['line'];
  const found = columns.map(({ name }) => name).join(', ');
  throw inputError(
    `Cannot read the deny list '${source.name}': expected a column named ${DENY_KINDS.join(', ')}, found ${found}`,
  );
}
