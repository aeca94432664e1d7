import { type Column, STRING, type Value } from '../../core/columns.ts';
import { FAILURES, isFailureCode } from '../../core/failures.ts';
import type { FileDigest, NewFile } from '../store/store.ts';
import { ParquetFile } from './parquet-file.ts';
import { rightsRecord } from './rights-record.ts';

/** The columns of the metadata that a table of rights is made of, in the order of `RightsTable.add`. */
export const RIGHTS_SOURCES = ['key', 'url', 'status', 'failure_code', 'rights'] as const;

const COLUMNS: readonly Column[] = [
  ...['key', 'url', 'status', 'failure_code', 'decision', 'reason', 'mechanism', 'policy', 'signals'],
  ...['creator', 'copyright', 'credit', 'license_url', 'web_statement'],
].map((name) => ({ name, type: STRING }));

/** Readers want few row groups: a table of 100 million rows has 10,000. */
const ROW_GROUP_ROWS = 10_000;

/** What is known about the rights of rows, denied and failed ones too, as Parquet without images. */
export class RightsTable {
  readonly #file: ParquetFile;

  constructor(file: NewFile) {
    this.#file = new ParquetFile(file, COLUMNS, ROW_GROUP_ROWS);
  }

  /** Appends a row, by its values of `RIGHTS_SOURCES`. */
  add([key, url, status, code, rights]: readonly Value[]): Promise<void> {
    const record = rightsRecord(rights ?? null);
    const isDenied = typeof code === 'string' && isFailureCode(code) && FAILURES[code].stage === 'rights';
    const by = record?.decision === 'unknown' ? undefined : record?.reason?.split(':', 1)[0];
    return this.#file.add([
      ...[key, url, status, code].map(textOrNull),
      isDenied ? 'deny' : (record?.decision ?? 'unknown'),
      record?.reason ?? null,
      by ?? (isDenied ? (WITHOUT_RECORD[code] ?? code) : null),
      textOrNull(record?.['policy']),
      record === null ? null : JSON.stringify(record.signals),
      textOrNull(record?.['creator']),
      textOrNull(record?.['copyright']),
      textOrNull(record?.['credit']),
      textOrNull(record?.['license_url']),
      textOrNull(record?.['web_statement']),
    ]);
  }

  /** Resolves when the file is complete and durable. */
  finish(): Promise<FileDigest> {
    return this.#file.finish();
  }
}

/** What decided about rows that have no record, as those that lists refuse, and with `--rights-files none`. */
export const WITHOUT_RECORD: Readonly<Record<string, string>> = {
  deny_list: 'deny-list',
  removed: 'remove',
  license_refused: '--license',
  license_unknown: '--license',
  optout_x_robots: 'x-robots-tag',
  optout_c2pa: 'c2pa',
};

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
