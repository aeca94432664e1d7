import { fileURLToPath } from 'node:url';
import { type CommandOptions, type CommandResult, type RunningCommand, startNode } from './start-node.ts';

/** The command as users start it; `npm run build` builds the code that it loads. */
export const CLI = fileURLToPath(new URL('../../../bin/laion-fetch.js', import.meta.url));

/** Runs laion-fetch until it ends. */
export function runCli(args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
  return spawnCli(args, options).result;
}

/**
 * Starts laion-fetch, for tests that interrupt it. It runs one decoder unless the test asks for more, because each
 * costs half a second of CPU time to start.
 */
export function spawnCli(args: readonly string[], options?: CommandOptions): RunningCommand {
  const env = { LAION_FETCH_DECODERS: '1', ...options?.env };
  return startNode([CLI, ...args], { ...options, env });
}
