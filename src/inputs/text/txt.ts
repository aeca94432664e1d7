import { isUtf8 } from 'node:buffer';
import { STRING } from '../../core/columns.ts';
import { type Line, splitLines } from '../../util/text/lines.ts';
import type { IndexRow, OpenFormat } from '../file/index-file.ts';
import { openText, type Table } from '../file/sequential-file.ts';

const MAX_LINE_BYTES = 64 * 1024;

/** Each line is a URL, verbatim except for surrounding blanks. Blank lines are skipped. */
export const openTxt: OpenFormat = (source, options) =>
  openText(
    source,
    options,
    async (chunks): Promise<Table> => ({
      columns: [{ name: 'url', type: STRING }],
      async *batches() {
        for await (const lines of splitLines(chunks, MAX_LINE_BYTES)) yield lines.flatMap(toRow);
      },
    }),
  );

function toRow({ number, bytes }: Line): IndexRow[] {
  if (bytes === null) return [{ unreadable: `line ${number}: longer than 64 KiB` }];
  if (!isUtf8(bytes)) return [{ unreadable: `line ${number}: not valid UTF-8` }];
  const url = bytes.toString('utf8').trim();
  return url === '' ? [] : [{ values: [url] }];
}
