import type { FileHandle } from 'node:fs/promises';
import { readUpTo } from '../../util/files/read-exactly.ts';
import { listNames } from '../../util/text/list-names.ts';
import type { TextStream } from '../file/file-bytes.ts';
import type { IndexSource, OpenOptions } from '../file/index-file.ts';
import { copyToScratch } from '../file/scratch-file.ts';
import type { Pass } from '../file/sequential-file.ts';
import { openSourceFile } from '../file/source-file.ts';
import { membersAsRows, nameValues, readRange, zipColumns } from './json-columns.ts';
import { type Container, splitItems } from './json-items.ts';
import { findLayout, type Layout } from './json-layout.ts';
import { type JsonRecord, MAX_RECORD_BYTES, parseRecords } from './json-records.ts';
import { ObjectScan } from './json-scan.ts';
import { readLines } from './jsonl.ts';

const OPENING_BRACE = 0x7b;
const MAX_NAMES_BYTES = 4 * 1024 * 1024;

type Fail = (reason: string) => Error;

/** The text of an object in a file that can be read at any position. */
interface SeekableText {
  readonly file: FileHandle;
  readonly start: number;
  readonly end: number;
  close(): Promise<void>;
}

/**
 * The rows of a JSON object. Its members are found in one pass, then their values are read in place. What cannot be
 * read in place, because it is compressed or comes from standard input, is copied to a temporary file first.
 * @throws UserError from `fail` when it is unclear where the rows are
 */
export async function openObject(
  source: IndexSource,
  bytes: TextStream,
  options: OpenOptions,
  fail: Fail,
): Promise<Pass> {
  const scan = new ObjectScan();
  const text = await scanText(source, bytes, scan);
  try {
    const { records, leftOut } = await openRows(text, scan, options, fail);
    if (leftOut.length > 0) {
      options.onNotice?.(
        `'${source.name}': these members are no rows and are left out: ${listNames(leftOut)}`,
      );
    }
    const table = await parseRecords(records, { name: source.name, label: 'JSON' }, options);
    return { ...table, close: () => text.close() };
  } catch (error) {
    await text.close();
    throw error;
  }
}

async function scanText(source: IndexSource, bytes: TextStream, scan: ObjectScan): Promise<SeekableText> {
  let isWanted = true;
  let length = 0;
  const take = (chunk: Buffer): void => {
    length += chunk.length;
    isWanted &&= scan.push(chunk);
  };
  if (source.path === null || !bytes.isVerbatim) {
    const { file, close } = await copyToScratch(bytes.chunks, source.name, take);
    if (isWanted) scan.end();
    return { file, start: 0, end: length, close };
  }
  for await (const chunk of bytes.chunks) {
    take(chunk);
    if (!isWanted) break;
  }
  if (isWanted) scan.end();
  bytes.close();
  const file = await openSourceFile(source);
  const start = await markLength(file);
  return { file, start, end: (await file.stat()).size, close: () => file.close() };
}

/** Length of the byte order mark, which is no part of the text. */
async function markLength(file: FileHandle): Promise<number> {
  const head = await readUpTo(file, 0, 3);
  return head.equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
}

interface Rows {
  readonly records: AsyncGenerator<JsonRecord[]>;
  readonly leftOut: readonly string[];
}

async function openRows(
  text: SeekableText,
  { members, follower, fault }: ObjectScan,
  { records = null }: OpenOptions,
  fail: Fail,
): Promise<Rows> {
  if (follower === OPENING_BRACE) return { records: readLines(readRange(text.file, text)), leftOut: [] };
  if (fault !== null) throw fail(fault);
  if (follower !== null) throw fail('something follows the object');
  const layout = findLayout(members, records);
  if (typeof layout === 'string') throw fail(layout);
  return {
    records: await readLayout(text, layout, fail),
    leftOut: 'leftOut' in layout ? layout.leftOut : [],
  };
}

async function readLayout(
  { file, start, end }: SeekableText,
  layout: Layout,
  fail: Fail,
): Promise<AsyncGenerator<JsonRecord[]>> {
  const inText = <T extends { readonly start: number; readonly end: number }>(member: T): T => ({
    ...member,
    start: start + member.start,
    end: start + member.end,
  });
  const items = (range: { readonly start: number; readonly end: number }, container: Container) =>
    splitItems(readRange(file, range), container, MAX_RECORD_BYTES, fail);
  switch (layout.kind) {
    case 'columns':
      return zipColumns(file, layout.columns.map(inText), fail);
    case 'records':
      return items(inText(layout.list), 'list');
    case 'split':
      return nameValues(
        items(inText(layout.data), 'list'),
        await readNames(file, inText(layout.names), fail),
      );
    case 'rows':
      return membersAsRows(items({ start, end }, 'object'));
    case 'row':
      return oneRow(await readUpTo(file, start, Math.min(end - start, MAX_RECORD_BYTES + 1)));
  }
}

async function readNames(
  file: FileHandle,
  { start, end }: { readonly start: number; readonly end: number },
  fail: Fail,
): Promise<readonly string[]> {
  if (end - start > MAX_NAMES_BYTES) throw fail("its list of 'columns' is longer than 4 MiB");
  try {
    return JSON.parse(String(await readUpTo(file, start, end - start))).map(String);
  } catch {
    throw fail("its list of 'columns' is not valid JSON");
  }
}

async function* oneRow(bytes: Buffer): AsyncGenerator<JsonRecord[]> {
  yield [{ where: 'record 1', bytes: bytes.length > MAX_RECORD_BYTES ? null : bytes }];
}
