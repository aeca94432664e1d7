import { EXIT, type ExitCode } from '../../../core/errors.ts';

const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

type Signal = keyof typeof EXIT_CODES;

export interface Interrupt {
  /** Aborted at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** The exit code for the signal; null if none has arrived. */
  readonly exitCode: ExitCode | null;
  /** From now on, the first signal aborts. Before that, there is nothing to finish, and a signal ends the process. */
  begin(): void;
  /** Does what a signal does, for a key that stands for it. */
  raise(name: Signal): void;
  dispose(): void;
}

/** Turns the first SIGINT or SIGTERM after `begin` into an abort. Any other ends the process at once. */
export function interruptible(onSignal: (name: Signal) => void): Interrupt {
  const controller = new AbortController();
  let exitCode: ExitCode | null = null;
  let hasBegun = false;
  const handle = (name: Signal): void => {
    if (exitCode !== null || !hasBegun) process.exit(EXIT_CODES[name]);
    exitCode = EXIT_CODES[name];
    onSignal(name);
    controller.abort();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    begin: () => {
      hasBegun = true;
    },
    raise: handle,
    dispose: () => {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}
