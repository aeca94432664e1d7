import { CLI } from './cli.ts';
import { type CommandOptions, type RunningCommand, startNode } from './start-node.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Starts laion-fetch on a pseudo terminal; all that it prints is in `stdout`. `write` presses keys. */
export function spawnOnTerminal(
  args: readonly string[],
  { columns, rows }: TerminalSize,
  options: CommandOptions = {},
): RunningCommand {
  return spawnScript(`stty cols ${columns} rows ${rows}; exec ${commandLine(args)}`, options);
}

/** Starts an interactive shell on a pseudo terminal, which has job control. */
export function spawnShell(options: CommandOptions = {}): RunningCommand {
  return spawnScript('exec bash --norc --noprofile -i', options);
}

/** The command with its arguments, quoted for a shell. */
export function commandLine(args: readonly string[]): string {
  return [process.execPath, CLI, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
}

function spawnScript(line: string, options: CommandOptions): RunningCommand {
  return startNode(['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    command: 'script',
    stdin: null,
    ...options,
    env: { LAION_FETCH_DECODERS: '1', TERM: 'xterm', SHELL: '/bin/sh', ...options.env },
  });
}

const ESCAPE = String.fromCharCode(27);
const SEQUENCE = new RegExp(`${ESCAPE}\\[([\\d;?]*)([A-Za-z])|\\r|\\n|[^${ESCAPE}\\r\\n]`, 'gu');

/** What a terminal of so many columns shows after this output, without colours; it has as many rows as it takes. */
export function showOutput(output: string, columns: number): string {
  const screen: string[][] = [[]];
  let [row, column] = [0, 0];
  for (const [text, parameter = '', command] of output.matchAll(SEQUENCE)) {
    if (command === 'A') row = Math.max(0, row - Number(parameter || 1));
    else if (command === 'J') {
      screen.length = row + 1;
      screen[row] = (screen[row] ?? []).slice(0, column);
    } else if (command !== undefined) continue;
    else if (text === '\r') column = 0;
    else if (text === '\n') row += 1;
    else {
      if (column === columns) [row, column] = [row + 1, 0];
      const line = screen[row] ?? [];
      line[column] = text;
      screen[row] = line;
      column += 1;
    }
    while (screen.length <= row) screen.push([]);
  }
  const lines = screen.map((line) => Array.from(line, (character) => character ?? ' ').join(''));
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** The screens just before the program rewrote its live lines, each in the form of `showOutput`. */
export function frames(output: string, columns: number): string[] {
  const ends = [...output.matchAll(new RegExp(`\\r(?:${ESCAPE}\\[\\d*A)?${ESCAPE}\\[J`, 'g'))];
  return ends.map(({ index }) => showOutput(output.slice(0, index), columns));
}
