import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const MAX_SECONDS = 60;

export type Message = Readonly<Record<string, unknown>>;

/** A process that answers each line of JSON with another. It is started again when it dies or takes too long. */
export class Peer {
  readonly #command: string;
  readonly #args: readonly string[];
  #child: ChildProcess | null = null;
  #lines: AsyncIterator<string> | null = null;

  constructor(command: string, args: readonly string[]) {
    this.#command = command;
    this.#args = args;
  }

  /** The answer, or `failed` with the reason if there is none. */
  async ask(question: Message): Promise<Message> {
    if (this.#child === null || this.#lines === null) this.#start();
    const child = this.#child;
    child?.stdin?.write(`${JSON.stringify(question)}\n`);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child?.kill('SIGKILL');
    }, MAX_SECONDS * 1000);
    const answer = await this.#lines?.next();
    clearTimeout(timer);
    if (answer?.done === false) return JSON.parse(answer.value);
    if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const how = isLate
      ? `no answer within ${MAX_SECONDS} s`
      : `ended with ${child?.signalCode ?? child?.exitCode}`;
    [this.#child, this.#lines] = [null, null];
    return { failed: how };
  }

  close(): void {
    this.#child?.kill();
  }

  #start(): void {
    const child = spawn(this.#command, this.#args, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {});
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }
}
