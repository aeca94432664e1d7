import type { Readable } from 'node:stream';
import type { InputFormat } from '../core/choices.ts';
import { inputError, usageError } from '../core/errors.ts';
import { contentOf } from './content.ts';
import { findEncoding } from './file/encoding.ts';
import type { IndexSource } from './file/index-file.ts';
import { PeekedBytes } from './file/peeked-bytes.ts';
import { FORMATS, isStreamed, type NamedFormat } from './formats.ts';

const MAX_HEAD_BYTES = 64 * 1024;

/**
 * Standard input, or another pipe, as a source; `name` is its name in messages. Without a wanted format, the first line
 * determines it: an object means JSON Lines, an array JSON, a URL text, and anything else is the header of a CSV or TSV
 * file.
 * @throws UserError if the format cannot be detected, or cannot be read from a stream
 */
export async function stdinSource(
  stdin: Readable,
  wanted: NamedFormat | null,
  name = '-',
): Promise<IndexSource> {
  if (wanted !== null && !isStreamed(wanted.format)) throw needsFile(FORMATS[wanted.format].label);
  const bytes = new PeekedBytes(stdin);
  const head = await bytes.peek((start) => start.length >= MAX_HEAD_BYTES || hasLine(start));
  const { compression: found, mistake } = contentOf(head);
  if (mistake !== null) throw inputError(`Cannot read '${name}': ${mistake}`);
  if (wanted === null && found !== 'none') {
    throw usageError(
      `Cannot tell the format of ${name === '-' ? 'standard input' : `'${name}'`}: it is compressed (${found}); name it with --input-format`,
    );
  }
  return {
    name,
    path: null,
    format: wanted?.format ?? formatOfText(head),
    compression: wanted === null || wanted.compression === 'none' ? found : wanted.compression,
    bytes: null,
    stdin: { chunks: bytes.chunks(), close: () => stdin.destroy() },
  };
}

function formatOfText(head: Buffer): InputFormat {
  const encoding = findEncoding(head, null);
  // Other encodings begin with ASCII, too, as far as the format is concerned.
  const text = new TextDecoder(encoding.startsWith('utf-16') ? encoding : 'utf-8').decode(head).trimStart();
  if (text.startsWith('PAR1')) throw needsFile('Parquet');
  if (text.startsWith('ARROW1') || head.subarray(0, 4).equals(ARROW_STREAM_MARK)) throw needsFile('Arrow');
  if (text.startsWith('{')) return isObjectALine(text) ? 'jsonl' : 'json';
  if (text.startsWith('[')) return 'json';
  const [firstLine = ''] = text.split('\n', 1);
  if (firstLine === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(firstLine)) return 'txt';
  return firstLine.includes('\t') ? 'tsv' : 'csv';
}

/** An object that spans lines, or has a list or object for each column, is the whole file. */
function isObjectALine(text: string): boolean {
  const [line = ''] = text.split('\n', 1);
  if (!line.trimEnd().endsWith('}')) return false;
  try {
    const values = Object.values(JSON.parse(line));
    return values.length === 0 || values.some((value) => typeof value !== 'object' || value === null);
  } catch {
    return true;
  }
}

const ARROW_STREAM_MARK = Buffer.from([0xff, 0xff, 0xff, 0xff]);

function needsFile(label: string) {
  return usageError(
    `Cannot read ${label} from standard input: expected a text format; save it to a file first`,
  );
}

const hasLine = (head: Buffer): boolean => /\S.*\n/.test(head.toString('latin1'));
