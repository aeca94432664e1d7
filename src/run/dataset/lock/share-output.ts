import { setTimeout } from 'node:timers/promises';
import { steadyNow } from '../../../util/clock.ts';
import { BusyError, describeMe, type Holder } from './holder.ts';
import { holdLock, type Unlock } from './lock-output.ts';
import { enterSharer, leaveSharer } from './sharers.ts';

/** A run begins or ends in less. If the same lock stays longer, the machine of its holder is gone. */
const BRIEF_MS = 120_000;
const RETRY_MS = 100;

export interface SharedOutput<T> {
  readonly prepared: T;
  /** Does what only one run may do at a time, such as writing the manifest. */
  alone<R>(work: () => Promise<R>): Promise<R>;
  /** Lets runs that do not share in again. */
  leave(): Promise<void>;
}

/**
 * Joins a dataset that several runs write at once, each under a name of its own, the first of `names` that is free; the
 * store decides between those that write one shard. `prepare` runs alone. Throws a BusyError while a run writes that does
 * not share, or if no name is free.
 */
export async function shareOutput<T>(
  output: string,
  names: readonly string[],
  prepare: (name: string) => Promise<T>,
): Promise<SharedOutput<T>> {
  const me = await describeMe();
  const alone = async <R>(work: () => Promise<R>): Promise<R> => {
    const unlock = await lockBriefly(output, { ...me, brief: true });
    return await work().finally(unlock);
  };
  const { name, prepared } = await alone(async () => {
    const name = await enterFirst(output, names, me);
    try {
      return { name, prepared: await prepare(name) };
    } catch (error) {
      await leaveSharer(output, name, me);
      throw error;
    }
  });
  return { prepared, alone, leave: () => leaveSharer(output, name, me) };
}

async function enterFirst(output: string, names: readonly string[], me: Holder): Promise<string> {
  for (const [at, name] of names.entries()) {
    try {
      await enterSharer(output, name, me, names.length > 1);
      return name;
    } catch (error) {
      if (!(error instanceof BusyError) || at === names.length - 1) throw error;
    }
  }
  throw new Error('no names');
}

/** Waits for others that hold the lock only for a moment. */
async function lockBriefly(output: string, me: Holder): Promise<Unlock> {
  let [watched, since] = ['', steadyNow()];
  const isAbandoned = ({ brief, token }: Holder): boolean =>
    brief === true && token === watched && steadyNow() - since > BRIEF_MS;
  for (;;) {
    try {
      return await holdLock(output, me, isAbandoned);
    } catch (error) {
      const isBrief = error instanceof BusyError && error.holder?.brief === true;
      // Another has just taken or released the lock.
      const isMoving = error instanceof BusyError && error.holder === null && steadyNow() - since < BRIEF_MS;
      if (!isBrief && !isMoving) throw error;
      const token = isBrief ? (error.holder?.token ?? '') : watched;
      if (token !== watched) [watched, since] = [token, steadyNow()];
      await setTimeout(RETRY_MS * (1 + Math.random()));
    }
  }
}
