/** What a text is, is recognised by this much of it. */
export const SAMPLED_LINES = 20;
export const SAMPLED_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

export function countLines(head: Buffer): number {
  let count = 0;
  for (let at = head.indexOf(NEWLINE); at !== -1; at = head.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

export const firstLine = (head: Buffer): string => (toLines(head)[0] ?? '').trimEnd();

/** The complete lines of the sample, however many bytes there are. */
export function firstLines(head: Buffer, isWhole: boolean): readonly string[] {
  const lines = toLines(head);
  const complete = isWhole && head.length <= SAMPLED_BYTES ? lines.length : lines.length - 1;
  return lines.slice(0, Math.min(SAMPLED_LINES, complete));
}

const toLines = (head: Buffer): string[] => head.subarray(0, SAMPLED_BYTES).toString('utf8').split('\n');
