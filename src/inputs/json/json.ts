import { inputError } from '../../core/errors.ts';
import { openBytes } from '../file/file-bytes.ts';
import type { ByteStream, IndexSource, OpenFormat, OpenOptions } from '../file/index-file.ts';
import { PeekedBytes } from '../file/peeked-bytes.ts';
import { openSequential, type Pass } from '../file/sequential-file.ts';
import { splitItems } from './json-items.ts';
import { openObject } from './json-object.ts';
import { MAX_RECORD_BYTES, parseRecords } from './json-records.ts';

const OPENING_BRACE = 0x7b;
const MAX_BLANK_BYTES = 1024 * 1024;

/**
 * One list of objects, or one object that holds rows in another way (see `Layout`). A list is split into its elements
 * while it is read, and an object is read in place, so the size of the file does not matter.
 */
export const openJson: OpenFormat = (source, options) =>
  openSequential(source, () => begin(source, options), options);

async function begin(source: IndexSource, options: OpenOptions): Promise<Pass> {
  const bytes = await openBytes(source, options);
  try {
    const peeked = new PeekedBytes(bytes.chunks);
    const head = await peeked.peek((start) => start.length > MAX_BLANK_BYTES || markOf(start) !== null);
    // Blanks stay, so that positions in the text are those in the file.
    const text = { ...bytes, chunks: peeked.chunks(), close: () => bytes.close() };
    const fail = (reason: string) => refuse(source, reason);
    if (markOf(head) === OPENING_BRACE) return await openObject(source, text, options, fail);
    return await openList(source, text, options, fail);
  } catch (error) {
    bytes.close();
    throw error;
  }
}

async function openList(
  source: IndexSource,
  bytes: ByteStream,
  options: OpenOptions,
  fail: (reason: string) => Error,
): Promise<Pass> {
  const records = splitItems(bytes.chunks, 'list', MAX_RECORD_BYTES, fail);
  const table = await parseRecords(records, { name: source.name, label: 'JSON' }, options);
  return { ...table, close: () => bytes.close() };
}

/** The first byte that is not blank. */
const markOf = (head: Buffer): number | null => head.find((byte) => byte > 0x20) ?? null;

function refuse(source: IndexSource, reason: string): Error {
  return inputError(
    `Cannot read '${source.name}' as JSON: ${reason}; expected a list of objects, [{"url": "..."}, ...], an object of ` +
      'columns, {"url": ["...", ...]}, or an object with such a list; for an object a line use --input-format jsonl',
  );
}
