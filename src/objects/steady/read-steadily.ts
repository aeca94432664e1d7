import { setTimeout } from 'node:timers/promises';
import type { OpenedObject, ReadRange } from '../interface/object-backend.ts';
import { ObjectError } from '../interface/object-error.ts';
import { ATTEMPTS, isTemporary, waitBefore, withTimeout } from './attempts.ts';

/** For the first byte, and for each piece after it. */
const IDLE_MS = 60_000;

type Get = (range: ReadRange, signal: AbortSignal) => Promise<OpenedObject>;

/**
 * Reads a range of an object and goes on where a broken connection has ended, as long as the object stays the same. Bytes
 * that arrive give the next failure all attempts again.
 */
export async function* readSteadily(
  get: Get,
  { offset, length, version }: ReadRange,
  stop: AbortSignal | null,
): AsyncGenerator<Uint8Array> {
  let [position, known, failures] = [offset, version, 0];
  const end = length === null ? null : offset + length;
  if (end === offset) return;
  for (;;) {
    const controller = new AbortController();
    const signal = stop === null ? controller.signal : AbortSignal.any([stop, controller.signal]);
    try {
      const range = { offset: position, length: end === null ? null : end - position, version: known };
      const opened = await withTimeout(IDLE_MS, stop, () => get(range, signal));
      // A store without versions cannot promise that the rest is of the same object.
      known ??= opened.version;
      const pieces = opened.body[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await withTimeout(IDLE_MS, stop, () => pieces.next());
        if (done === true) break;
        position += value.length;
        failures = 0;
        yield value;
      }
      if (end === null || position === end) return;
      const found = `it ends at byte ${position}, before byte ${end}`;
      throw new ObjectError(position === offset ? 'refused' : 'temporary', found);
    } catch (error) {
      failures += 1;
      const mayGoOn = isTemporary(error) && (position === offset || known !== null);
      if (!mayGoOn || failures >= ATTEMPTS) throw error;
    } finally {
      // Also when the reader has had enough: the connection must not go on.
      controller.abort();
    }
    await setTimeout(waitBefore(failures), undefined, stop === null ? {} : { signal: stop });
  }
}
