import { isUtf8 } from 'node:buffer';
import { STRING } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import { type Line, splitLines } from '../../util/text/lines.ts';
import type { IndexRow, OpenFormat } from '../file/index-file.ts';
import { PeekedBytes } from '../file/peeked-bytes.ts';
import { openText, type Table } from '../file/sequential-file.ts';
import { openTextTable } from './delimited.ts';
import { findTable } from './list-or-table.ts';

const MAX_LINE_BYTES = 64 * 1024;

/**
 * Each line is a URL, verbatim except for surrounding blanks. Blank lines are skipped. A text is a table if `delimiter`
 * is given, or a `header` of more than one name.
 * @throws UserError for a table that nobody has said is one
 */
export const openTxt: OpenFormat = (source, options) => {
  const isTable = (options.delimiter ?? null) !== null || (options.header?.length ?? 0) > 1;
  if (isTable) return openTextTable(source, options);
  return openText(source, options, async (chunks): Promise<Table> => {
    const bytes = new PeekedBytes(chunks);
    const table = await findTable(bytes);
    if (table !== null) {
      throw inputError(
        `Cannot read '${source.name}' as text: expected one URL on each line, found a table; read it with ${table}`,
      );
    }
    return {
      columns: [{ name: 'url', type: STRING }],
      async *batches() {
        for await (const lines of splitLines(bytes.chunks(), MAX_LINE_BYTES)) yield lines.flatMap(toRow);
      },
    };
  });
};

function toRow({ number, bytes }: Line): IndexRow[] {
  if (bytes === null) return [{ unreadable: `line ${number}: longer than 64 KiB` }];
  if (!isUtf8(bytes))
    return [{ unreadable: `line ${number}: not valid UTF-8; name its encoding with --encoding` }];
  const url = bytes.toString('utf8').trim();
  return url === '' ? [] : [{ values: [url] }];
}
