import { CappedBytes } from '../capped-bytes.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without the line end; null if the line is longer than allowed. */
  readonly bytes: Buffer | null;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Splits bytes at LF or CR LF, one batch per chunk. A line of more than `maxBytes` bytes is skipped in bounded memory. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line[]> {
  const held = new CappedBytes(maxBytes);
  let number = 0;
  const takeLine = (): Line => {
    const bytes = held.take();
    number += 1;
    return { number, bytes: bytes?.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes };
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      held.push(chunk.subarray(start, end));
      lines.push(takeLine());
      start = end + 1;
    }
    held.push(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (held.length > 0) yield [takeLine()];
}
