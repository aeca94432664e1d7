import { spawnCli } from '../../test/support/command/cli.ts';
import type { CommandResult, RunningCommand } from '../../test/support/command/start-node.ts';
import { TIMEOUT_MS } from './soak-web.ts';

/** A machine of a run, which may be killed, frozen and woken. */
export interface SoakMachine extends RunningCommand {
  hasEnded(): boolean;
}

interface Start {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Name of the host that it takes this one for. Undefined for its own. */
  readonly host?: string | undefined;
}

export function startMachine({ args, env, host }: Start): SoakMachine {
  const under =
    host === undefined ? [] : ['unshare', '-r', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', host];
  const command = spawnCli(args, { env, under, timeoutMs: TIMEOUT_MS });
  let hasEnded = false;
  const note = (): void => {
    hasEnded = true;
  };
  command.result.then(note, note);
  return { ...command, hasEnded: () => hasEnded };
}

const LAST_LINES = 8;

/** How a machine has ended, with what it has said last. */
export function describeEnd({ code, signal, stderr }: CommandResult): string {
  if (code === 0) return '0';
  const lines = stderr.trim().split('\n');
  // One line tells a mistake of the user; a bug has a stack.
  return `${code ?? signal}: ${lines.slice(code === 1 ? -LAST_LINES : -1).join('\n     ')}`;
}
