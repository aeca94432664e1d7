import { type ChildProcess, spawn } from 'node:child_process';

export interface CommandOptions {
  /** A command to start in place of Node, with the same arguments. */
  readonly command?: string;
  readonly cwd?: string;
  /** A command that starts Node, such as strace, with its arguments. */
  readonly under?: readonly string[];
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for standard input; null keeps it open and silent. Default: empty. */
  readonly stdin?: string | null;
  /** If the command takes longer, it is killed and `result` rejects. Default: 60 s. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  /** Null if a signal ended the command. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. */
export interface RunningCommand {
  kill(signal: NodeJS.Signals): void;
  /** Writes to standard input if that stays open. */
  write(text: string): void;
  /**
   * Resolves when standard output or standard error contains the text, with what it says so far; rejects if the command
   * ends first.
   */
  shows(text: string): Promise<string>;
  /** Resolves when the command ends, however it ends; rejects if it takes too long. */
  readonly result: Promise<CommandResult>;
}

/** Starts a Node script with these arguments. */
export function startNode(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const program = options.command ?? process.execPath;
  const [command = program, ...rest] = [...(options.under ?? []), program, ...args];
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  // A command that does not read its input may end first.
  child.stdin.on('error', () => {});
  if (options.stdin !== null) child.stdin.end(options.stdin);

  const describe = () => `${args.join(' ')}\n${output.stdout}\n${output.stderr}`;
  const result = finish(child, options.timeoutMs ?? 60_000, describe).then((end) => ({ ...end, ...output }));
  return {
    kill: (signal) => void child.kill(signal),
    write: (text) => void child.stdin.write(text),
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const said = [output.stdout, output.stderr].find((each) => each.includes(text));
          if (said !== undefined) resolve(said);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        const fail = () => reject(new Error(`Expected '${text}' from ${describe()}`));
        result.then(fail, fail);
        look();
      }),
    result,
  };
}

function finish(
  child: ChildProcess,
  timeoutMs: number,
  describe: () => string,
): Promise<Pick<CommandResult, 'code' | 'signal'>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Expected an end within ${timeoutMs} ms of ${describe()}`));
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal });
    });
  });
}
