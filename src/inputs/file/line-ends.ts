const [NEWLINE, RETURN] = [0x0a, 0x0d];

/**
 * Text whose lines end in LF or CR LF. If the first piece of it has only lone CRs, as old Macs wrote them, all CRs become
 * LFs.
 */
export async function* normalizeLineEnds(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isMac: boolean | null = null;
  for await (const chunk of chunks) {
    isMac ??= chunk.includes(RETURN) && !chunk.includes(NEWLINE);
    yield isMac ? withNewlines(chunk) : chunk;
  }
}

function withNewlines(chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk);
  for (let at = copy.indexOf(RETURN); at !== -1; at = copy.indexOf(RETURN, at + 1)) copy[at] = NEWLINE;
  return copy;
}
