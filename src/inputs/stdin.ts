import { Readable } from 'node:stream';
import type { InputFormat } from '../core/choices.ts';
import { inputError } from '../core/errors.ts';
import { contentOf } from './content.ts';
import { findEncoding } from './file/encoding.ts';
import { decompress } from './file/file-bytes.ts';
import type { Compression, IndexSource } from './file/index-file.ts';
import { PeekedBytes } from './file/peeked-bytes.ts';
import { FORMATS, isStreamed, type NamedFormat } from './formats.ts';

const MAX_HEAD_BYTES = 64 * 1024;

/**
 * Standard input, or another pipe, as a source; `name` is its name in messages. Its first bytes tell Parquet, Arrow, gzip
 * and zstd, whatever is wanted. Without a wanted format, the first line tells those of texts, compressed or not: an object
 * means JSON Lines, an array JSON, a URL text, and anything else is the header of a CSV or TSV file.
 * @throws UserError if it is no index, or is compressed in a format that is not read so
 */
export async function stdinSource(
  stdin: Readable,
  wanted: NamedFormat | null,
  name = '-',
): Promise<IndexSource> {
  const bytes = new PeekedBytes(stdin);
  const head = await bytes.peek((start) => start.length >= MAX_HEAD_BYTES || hasLine(start));
  const { format: marked, compression: found, mistake } = contentOf(head);
  if (mistake !== null) throw inputError(`Cannot read '${name}': ${mistake}`);
  const asSource = (format: InputFormat, compression: Compression): IndexSource => ({
    ...{ name, path: null, bytes: null, format, compression },
    stdin: { chunks: bytes.chunks(), close: () => stdin.destroy() },
  });
  if (marked !== null) return asSource(marked, 'none');
  const compression = found === 'none' ? (wanted?.compression ?? 'none') : found;
  const format = wanted?.format ?? (await formatOfText(bytes, head, compression));
  if (compression === 'none' || isStreamed(format)) return asSource(format, compression);
  const { label } = FORMATS[format];
  throw inputError(
    `Cannot read '${name}' as ${label}: it is compressed with ${compression}; decompress it first`,
  );
}

async function formatOfText(
  bytes: PeekedBytes,
  head: Buffer,
  compression: Compression,
): Promise<InputFormat> {
  if (compression === 'none') return formatByLine(head);
  const start = await inflateStart(await bytes.peek((start) => start.length >= MAX_HEAD_BYTES), compression);
  return contentOf(start).format ?? formatByLine(start);
}

/** What the start of compressed bytes holds, at least a line if that is there; nothing if they are damaged. */
async function inflateStart(head: Buffer, compression: Compression): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of decompress(Readable.from([head]), compression)) {
      parts.push(part);
      length += part.length;
      if (length >= MAX_HEAD_BYTES || hasLine(part)) break;
    }
  } catch {
    // It ends too early, since this is its start only; damage is told where all of it is read.
  }
  return Buffer.concat(parts);
}

function formatByLine(head: Buffer): InputFormat {
  const encoding = findEncoding(head, null);
  // Other encodings begin with ASCII, too, as far as the format is concerned.
  const text = new TextDecoder(encoding.startsWith('utf-16') ? encoding : 'utf-8').decode(head).trimStart();
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

const hasLine = (head: Buffer): boolean => /\S.*\n/.test(head.toString('latin1'));
