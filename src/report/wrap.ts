import { displayWidth } from '../util/text/terminal-text.ts';

/** The words of a safe text in lines of at most `width` columns. A longer word has a line of its own. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || displayWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** A sentence in lines of at most `width` columns, indented by two; lines after the first by four. */
export function indented(text: string, width: number): string[] {
  const [first = '', ...rest] = wrapWords(text, width - 4);
  return [`  ${first}`, ...rest.map((line) => `    ${line}`)];
}
