import { setTimeout } from 'node:timers/promises';
import type { Broker } from '../../broker/interface/broker.ts';
import { UnreachableError } from '../../broker/interface/broker-error.ts';
import { steadyNow } from '../../util/clock.ts';
import { publicQueueAddress } from '../../util/text/queue-address.ts';
import { formatDuration } from '../../util/text/units.ts';

/** A name that no name server knows is more often a mistake than a server that is about to start. */
const UNKNOWN_NAME_MS = 60_000;
const MOST_PAUSE_MS = 5_000;

interface Waiting {
  /** Milliseconds for which a broker is waited for that cannot be reached. */
  readonly waitMs: number;
  readonly tell: (message: string) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly connect: (address: string) => Promise<Broker>;
  /** Milliseconds, never backwards. */
  readonly now?: () => number;
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

const sleep = (ms: number, signal: AbortSignal): Promise<unknown> =>
  setTimeout(ms, undefined, { signal }).catch(() => {});

/**
 * Connects to the broker at an address, and waits for one that is not there yet: machines may be started before it.
 * @throws UserError at once for what waiting does not change, such as a wrong password; UnreachableError at the end
 */
export async function awaitBroker(
  address: string,
  { waitMs, tell, signal, connect, now = steadyNow, pause = sleep }: Waiting,
): Promise<Broker> {
  const since = now();
  const name = `the queue ${publicQueueAddress(address)}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const broker = await connect(address);
      if (attempt > 1) tell(`${name} answers`);
      return broker;
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      const mostMs = error.isUnknownName ? Math.min(UNKNOWN_NAME_MS, waitMs) : waitMs;
      const leftMs = since + mostMs - now();
      if (leftMs <= 0 || signal.aborted) throw error;
      if (attempt === 1)
        tell(
          `${name} cannot be reached: ${error.reason}; waiting for it for ${formatDuration(mostMs)} at most`,
        );
      await pause(Math.min(leftMs, MOST_PAUSE_MS, 500 * attempt), signal);
    }
  }
}
