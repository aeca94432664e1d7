import type { FileHandle } from 'node:fs/promises';
import { readExactly } from '../../util/files/read-exactly.ts';
import { ArrowRefusal, checkFooter, checkMessage, type MessageKind } from './message.ts';

const MIB = 1024 * 1024;

/** Maximum size of the description of a record batch or schema. With 10,000 columns it takes a few MiB. */
const MAX_METADATA_BYTES = 64 * MIB;
/** Maximum size of a record batch, which is held in memory. */
const MAX_BODY_BYTES = 1024 * MIB;

/** Maximum uncompressed size of a record batch, and of all dictionaries of a file together. */
const MAX_UNPACKED_BYTES = 1024 * MIB;
/**
 * A batch with more uncompressed bytes than this is refused if it also exceeds `MAX_RATIO` times its compressed size: such
 * a batch is made to exhaust memory.
 */
const FREE_UNPACKED_BYTES = 128 * MIB;
const MAX_RATIO = 1000;
/** Values allowed in addition to one per bit of the body; some values, such as nulls, take no bytes. */
const FREE_VALUES = 1024 * 1024;

const MAGIC = 'ARROW1';
/** The magic, padded to a multiple of 8. */
const HEAD_BYTES = 8;
/** Length of the footer and the magic. */
const TAIL_BYTES = 10;
const CONTINUATION = 0xffffffff;

/**
 * A source that is safe for the Arrow library: a file whose messages have all been checked, or the checked messages of a
 * stream. The library trusts every length and count in a message and allocates memory accordingly.
 * @throws Error that names the problem
 */
export async function checkedSource(file: FileHandle): Promise<FileHandle | AsyncIterable<Uint8Array>> {
  const { size } = await file.stat();
  const head = await readOrFail(file, 0, Math.min(HEAD_BYTES, size));
  if (head.toString('latin1', 0, 4) === 'FEA1') {
    const remedy = 'write it as version 2 (pyarrow.feather.write_feather does by default) or as Parquet';
    throw new ArrowRefusal(`it is Feather of version 1, which is not read; ${remedy}`);
  }
  if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) return readStream(file, size);
  const end = await findFooter(file, size);
  const footer = await readOrFail(file, end, size - TAIL_BYTES - end);
  const checkDictionary = dictionaryCheck();
  for (const { kind, offset, metadataBytes, bodyBytes } of checkFooter(footer)) {
    const message = await readMessage(file, offset, end);
    // If the kind of a message differed from the footer's, the library would read the same message forever.
    const agrees = message.kind === kind && message.bodyBytes === bodyBytes;
    if (!agrees || message.head.length > metadataBytes) {
      throw new Error('its footer does not agree with a message');
    }
    checkDictionary(message, await message.checkBody());
  }
  return file;
}

async function* readStream(file: FileHandle, end: number): AsyncGenerator<Uint8Array> {
  const checkDictionary = dictionaryCheck();
  for (let at = 0; at < end; ) {
    const message = await readMessage(file, at, end);
    if (message.bodyBytes < 0) return;
    checkDictionary(message, await message.checkBody());
    yield message.head;
    at += message.head.length;
    if (message.bodyBytes > 0) yield await readOrFail(file, at, message.bodyBytes);
    at += message.bodyBytes;
  }
}

/** Limits the total size of the dictionaries, which stay in memory as long as the file is read. */
function dictionaryCheck(): (message: ReadMessage, unpackedBytes: number) => void {
  let total = 0;
  return ({ kind }, unpackedBytes) => {
    if (kind !== 'dictionary') return;
    total += unpackedBytes;
    if (total > MAX_UNPACKED_BYTES) {
      throw new Error(`its dictionaries claim ${total} bytes; at most ${MAX_UNPACKED_BYTES} are read`);
    }
  };
}

interface ReadMessage {
  /** The message without its body. */
  readonly head: Buffer;
  /** -1 for the marker that ends a stream. */
  readonly bodyBytes: number;
  readonly kind: MessageKind;
  /** Checks the body and resolves to its uncompressed size in bytes. */
  readonly checkBody: () => Promise<number>;
}

const NO_MESSAGE: ReadMessage = {
  head: Buffer.alloc(0),
  bodyBytes: -1,
  kind: 'schema',
  checkBody: async () => 0,
};

async function readMessage(file: FileHandle, at: number, end: number): Promise<ReadMessage> {
  const { metadataBytes, prefixBytes } = await readPrefix(file, at, end);
  if (metadataBytes === 0) return NO_MESSAGE;
  const left = end - at - prefixBytes;
  if (metadataBytes > Math.min(MAX_METADATA_BYTES, left)) {
    throw new Error(`a message claims ${metadataBytes} bytes of ${left}`);
  }
  const head = await readOrFail(file, at, prefixBytes + metadataBytes);
  const { bodyBytes, kind, values, packed } = checkMessage(head.subarray(prefixBytes));
  const body = at + head.length;
  if (bodyBytes > end - body) throw new Error(`a record batch claims ${bodyBytes} bytes of ${end - body}`);
  if (bodyBytes > MAX_BODY_BYTES) throw tooLarge(bodyBytes);
  const checkBody = async (): Promise<number> => {
    let unpackedBytes = bodyBytes;
    for (const { offset, length } of packed) {
      const claimed = Number((await readOrFail(file, body + offset, 8)).readBigInt64LE());
      // -1 marks a buffer that is stored uncompressed because compression would not shrink it.
      if (claimed === -1) continue;
      if (claimed < 0) throw new Error('a compressed buffer claims a negative length');
      unpackedBytes += claimed - length;
    }
    checkUnpacked(unpackedBytes, bodyBytes);
    if (values > FREE_VALUES + 8 * unpackedBytes) {
      throw new Error(`a record batch claims ${values} values out of ${unpackedBytes} bytes`);
    }
    return unpackedBytes;
  };
  return { head, bodyBytes, kind, checkBody };
}

function checkUnpacked(unpackedBytes: number, bodyBytes: number): void {
  const most = Math.min(MAX_UNPACKED_BYTES, Math.max(FREE_UNPACKED_BYTES, MAX_RATIO * bodyBytes));
  if (unpackedBytes <= most) return;
  if (unpackedBytes <= MAX_RATIO * bodyBytes) throw tooLarge(unpackedBytes);
  throw new Error(
    `a record batch claims ${unpackedBytes} bytes out of ${bodyBytes}; at most ${most} are read`,
  );
}

/** For a batch that may be good: it is held in memory as a whole. */
function tooLarge(bytes: number): ArrowRefusal {
  const remedy = 'write it in smaller ones, such as of 65,536 rows (max_chunksize of pyarrow)';
  return new ArrowRefusal(`a record batch takes ${bytes} bytes, and at most 1 GiB is read; ${remedy}`);
}

async function findFooter(file: FileHandle, size: number): Promise<number> {
  const tail = await readOrFail(file, Math.max(0, size - TAIL_BYTES), Math.min(TAIL_BYTES, size));
  if (size < HEAD_BYTES + TAIL_BYTES || tail.toString('latin1', 4) !== MAGIC) {
    throw new Error('it does not end with the Arrow magic');
  }
  const end = size - TAIL_BYTES - tail.readInt32LE();
  if (end < HEAD_BYTES || end > size - TAIL_BYTES)
    throw new Error('its footer claims more bytes than there are');
  if (size - TAIL_BYTES - end > MAX_METADATA_BYTES)
    throw new Error(
      `its footer has ${size - TAIL_BYTES - end} bytes; at most ${MAX_METADATA_BYTES} are read`,
    );
  return end;
}

/** Early versions of the format have no marker before the length. */
async function readPrefix(file: FileHandle, at: number, end: number) {
  if (!(at >= 0 && at < end)) throw new Error('a message lies outside of the file');
  const prefix = await readOrFail(file, at, Math.min(8, end - at));
  if (prefix.length < 4) throw new Error('a message is cut short');
  const mark = prefix.readUInt32LE();
  if (mark !== CONTINUATION) return { metadataBytes: mark, prefixBytes: 4 };
  if (prefix.length < 8) throw new Error('a message is cut short');
  return { metadataBytes: prefix.readUInt32LE(4), prefixBytes: 8 };
}

async function readOrFail(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = await readExactly(file, position, length);
  if (bytes === null) throw new Error('it is cut short');
  return bytes;
}
