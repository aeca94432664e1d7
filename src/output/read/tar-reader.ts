import { createHash } from 'node:crypto';
import { type BlockReader, blocksOf, isZero, TAR_BLOCK_BYTES } from './tar-blocks.ts';
import { readTarHeader, type TarHeader } from './tar-header.ts';

export interface TarMember {
  readonly name: string;
  /** The complete content or, if fewer were wanted, the first bytes. */
  readonly content: Uint8Array;
  /** Position of its first header in the tar. */
  readonly header: number;
  /** Position of its content, and length of that in bytes. */
  readonly start: number;
  readonly bytes: number;
}

export interface TarOptions {
  /** How many bytes of a member to return. */
  readonly wanted: (name: string) => number;
  /** Whether PAX records with a member's time may precede it, as Python's tarfile writes them. */
  readonly pax?: boolean;
  /** Called with a problem that does not end the reading; `name` is the member's if it concerns one. */
  readonly onProblem: (problem: string, name?: string) => void;
  /** Called with the SHA-256 of the file when its end is reached. */
  readonly onSha256: (sha256: string) => void;
}

/** Tars are padded with zeros to a multiple of this. */
const RECORD_BYTES = 10_240;

/**
 * The members of a tar. Everything from the first header to the last byte must be as `TarSink` writes it: correct
 * checksums, only plain files, zeros between them and at the end, nothing after that. After a damaged header, reading
 * continues at the next intact one. Throws if the file ends early. tar-stream, which writes the tars, is not used here.
 */
export async function* tarMembers(
  tar: AsyncIterable<Buffer>,
  options: TarOptions,
): AsyncGenerator<TarMember> {
  const hash = createHash('sha256');
  const file = each(tar, (piece) => hash.update(piece));
  const blocks = blocksOf(file);
  try {
    for (;;) {
      const first = blocks.position;
      const header = await nextHeader(blocks, options);
      if (header === null) break;
      const { name, size: bytes } = header;
      const start = blocks.position;
      yield { name, header: first, start, bytes, content: await readBody(blocks, header, options) };
    }
    await readEnd(blocks, options);
  } finally {
    // This also closes the file.
    await file.return(undefined);
  }
  options.onSha256(hash.digest('hex'));
}

/** Whether these PAX records say nothing but a member's time. */
function isTimeOnly(records: Uint8Array): boolean {
  return /^(\d+ mtime=-?[\d.]+\n)*$/.test(Buffer.from(records).toString('latin1'));
}

async function* each(pieces: AsyncIterable<Buffer>, effect: (piece: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    effect(piece);
    yield piece;
  }
}

/** Null at the end-of-archive mark. */
async function nextHeader(blocks: BlockReader, options: TarOptions): Promise<TarHeader | null> {
  const { onProblem, pax = false } = options;
  for (let damaged = false; ; ) {
    const at = blocks.position;
    const block = await blocks.read(TAR_BLOCK_BYTES);
    if (block.length < TAR_BLOCK_BYTES)
      throw new Error(`ends at byte ${blocks.position}, without an end mark`);
    if (isZero(block)) return null;
    const header = readTarHeader(block);
    if (typeof header !== 'string') {
      if (pax && header.isPax) {
        const records = await readBody(blocks, header, { ...options, wanted: () => TAR_BLOCK_BYTES });
        if (header.size > TAR_BLOCK_BYTES || !isTimeOnly(records))
          onProblem(`unexpected PAX records at byte ${at}`);
        continue;
      }
      for (const problem of header.findings) onProblem(`${problem} in the header at byte ${at}`, header.name);
      return header;
    }
    if (!damaged) onProblem(`the header at byte ${at} is damaged: ${header}`, nameIn(block));
    damaged = true;
  }
}

/** The member's name, if a damaged header still shows it. */
function nameIn(block: Uint8Array): string | undefined {
  return /^\d+\.[a-z]+/.exec(Buffer.from(block.subarray(0, 100)).toString('latin1'))?.[0];
}

async function readBody(
  blocks: BlockReader,
  { name, size }: TarHeader,
  { wanted, onProblem }: TarOptions,
): Promise<Uint8Array> {
  const kept = Math.min(size, wanted(name));
  const content = await blocks.read(kept);
  const skipped = await blocks.skip(size - kept);
  const padding = await blocks.read(-size & (TAR_BLOCK_BYTES - 1));
  if (content.length + skipped < size || ((size + padding.length) & (TAR_BLOCK_BYTES - 1)) !== 0) {
    throw new Error(`ends at byte ${blocks.position}, within ${name}`);
  }
  if (!isZero(padding)) onProblem('the padding behind it is not zero', name);
  return content;
}

/** Reads everything after the first block of zeros. */
async function readEnd(blocks: BlockReader, { onProblem }: TarOptions): Promise<void> {
  const mark = blocks.position - TAR_BLOCK_BYTES;
  const second = await blocks.read(TAR_BLOCK_BYTES);
  if (second.length < TAR_BLOCK_BYTES || !isZero(second)) onProblem('the end-of-archive mark is incomplete');
  let nothing = true;
  for (;;) {
    const piece = await blocks.read(RECORD_BYTES);
    if (piece.length === 0) break;
    nothing &&= isZero(piece);
  }
  if (!nothing) onProblem(`bytes that are not zero follow the end-of-archive mark at byte ${mark}`);
  const expected = Math.ceil((mark + 2 * TAR_BLOCK_BYTES) / RECORD_BYTES) * RECORD_BYTES;
  if (blocks.position !== expected)
    onProblem(`has ${blocks.position} bytes, expected ${expected} by its end mark`);
}
