import type { ShardQueue, TakenJob } from '../../broker/interface/broker.ts';

/** A queue that does not answer for so long is told to the user, and not waited for at the end. */
export const SILENT_MS = 10_000;

/** A server that does not answer keeps calls waiting. A job that comes too late is given back. */
export async function takeUnlessAborted(queue: ShardQueue, signal: AbortSignal): Promise<TakenJob | null> {
  const taking = queue.take().catch(() => null);
  const job = await unlessAborted(taking, signal);
  if (job === null && signal.aborted) void taking.then((late) => late?.giveBack()).catch(() => {});
  return job;
}

/** Null if the signal comes first. */
export function unlessAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(null);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Undefined if a call fails, or takes too long. */
export async function unlessSilent<T>(call: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), SILENT_MS);
  });
  return await Promise.race([call.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
