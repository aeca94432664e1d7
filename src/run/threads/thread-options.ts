/**
 * Flags of Node for a thread: those of this process, but without `--input-type`. A program given to `node -e` may need
 * that one, and Node refuses it for a thread, whose program is a file.
 */
export function threadFlags(): string[] {
  return process.execArgv.filter((flag) => !flag.startsWith('--input-type'));
}
