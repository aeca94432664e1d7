import type { ReadStream, WriteStream } from 'node:tty';
import { isInBackground, isInForeground } from '../../util/machine/foreground.ts';
import { displayWidth } from '../../util/text/terminal-text.ts';

/** Keys that a run obeys. `interrupt` is Ctrl-C, which a terminal in raw mode does not turn into a signal. */
export type Key = 'pause' | 'quit' | 'interrupt';

/** The lines at the bottom of a terminal that rewrite themselves, and its keyboard. All effects on terminals are here. */
export interface Terminal {
  readonly columns: number;
  readonly hasKeys: boolean;
  /** Replaces the live lines; none may be wider than `columns`. */
  draw(lines: readonly string[]): void;
  /** Removes the live lines, so that something else can be printed. */
  clear(): void;
  close(): void;
}

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g');
const CLEAR_BELOW = '\u001b[J';
const KEYS: Readonly<Record<string, Key>> = { p: 'pause', ' ': 'pause', q: 'quit', '\u0003': 'interrupt' };
const SUSPEND = '\u001a';

/** `keyboard`: where keys come from; null if standard input has another use. */
export function openTerminal(
  screen: WriteStream,
  keyboard: ReadStream | null,
  onKey: (key: Key) => void,
): Terminal {
  const keys = keyboard?.isTTY && isInForeground() ? readKeys(keyboard, onKey, () => clear()) : null;
  /** Widths of the lines on the screen. */
  let widths: readonly number[] = [];
  const clear = (): void => {
    if (widths.length > 0) screen.write(toFirst() + CLEAR_BELOW);
    widths = [];
  };
  /** Moves the cursor to the first live line. A terminal that became narrower has wrapped the lines. */
  const toFirst = (): string => {
    const columns = screen.columns || 80;
    const rows = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows > 1 ? `\r\u001b[${rows - 1}A` : '\r';
  };
  // A second Ctrl-C ends the process at once.
  process.once('exit', clear);
  return {
    get columns() {
      // One column stays free: some terminals wrap a line that fills the last.
      return (screen.columns || 80) - 1;
    },
    hasKeys: keys !== null,
    draw: (lines) => {
      // In the background, another program has the screen.
      if (isInBackground()) return;
      screen.write(`${toFirst()}${CLEAR_BELOW}${lines.join('\n')}`);
      widths = lines.map((line) => displayWidth(line.replace(ESCAPES, '')));
    },
    clear,
    close: () => {
      clear();
      process.off('exit', clear);
      keys?.close();
    },
  };
}

/** Reads single keys. Ctrl-Z stops the process, as it does without raw mode. */
function readKeys(
  keyboard: ReadStream,
  onKey: (key: Key) => void,
  beforeStop: () => void,
): { close(): void } {
  const read = (data: Buffer): void => {
    for (const character of data.toString('latin1')) {
      const key = KEYS[character.toLowerCase()];
      if (key !== undefined) onKey(key);
      else if (character === SUSPEND) suspend();
    }
  };
  const suspend = (): void => {
    beforeStop();
    release();
    // The whole group: the shell must see that the job has stopped.
    process.kill(0, 'SIGTSTP');
  };
  const take = (): void => {
    // In the background, reading from the terminal would stop the process.
    if (!isInForeground()) return;
    keyboard.setRawMode(true);
    keyboard.on('data', read);
    keyboard.resume();
  };
  const release = (): void => {
    keyboard.off('data', read);
    keyboard.pause();
    if (isInForeground()) keyboard.setRawMode(false);
  };
  process.on('SIGCONT', take);
  take();
  return {
    close: () => {
      process.off('SIGCONT', take);
      release();
    },
  };
}
