import { outputError } from '../../../core/errors.ts';
import { ObjectError, type ObjectErrorCode } from '../../../objects/interface/object-error.ts';
import type { ObjectWriter } from '../../../objects/interface/object-writer.ts';
import { BusyError, type Holder, isHeld, parseHolder } from './holder.ts';

const LOCK = '.laion-fetch.lock';

/** Another has just taken or released the lock. */
const MOVED: ReadonlySet<ObjectErrorCode> = new Set(['exists', 'changed', 'not_found']);

/**
 * Keeps a second run out of a dataset in a store while one writes there. The lock of a run that was killed on this machine
 * does not block the next. Returns the function that releases the lock.
 */
export async function lockObjects(
  objects: ObjectWriter,
  me: Holder,
  isAbandoned: (found: Holder) => boolean,
): Promise<() => Promise<void>> {
  const text = `${JSON.stringify(me)}\n`;
  try {
    if (!(await put(objects, text, 'absent'))) {
      const found = await read(objects);
      const holder = found === null ? null : parseHolder(found.text);
      // What names no holder was not written by us, and nobody knows whether it is in use.
      const isFree = holder !== null && (isAbandoned(holder) || !(await isHeld({ holder, ageMs: 0 }, me)));
      if (found !== null && !isFree) {
        throw new BusyError(objects.address(), objects.address(LOCK), holder);
      }
      const condition = found === null ? 'absent' : { version: found.version };
      if (!(await put(objects, text, condition))) {
        throw new BusyError(objects.address(), objects.address(LOCK), null);
      }
    }
    // A store that ignores the condition would let two runs in, and two writers decide about one shard.
    if (await put(objects, `${text}\n`, 'absent')) throw await ignoresConditions(objects);
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    throw outputError(`Cannot write to '${objects.address()}': ${error.message}`, error);
  }
  return async () => {
    // A lock that stays is that of a process that has ended, so the next run is not kept out.
    const found = await read(objects).catch(() => null);
    if (found?.text === text) await objects.remove([LOCK]).catch(() => {});
  };
}

/** False if the condition does not hold. */
async function put(
  objects: ObjectWriter,
  text: string,
  condition: Parameters<ObjectWriter['put']>[2],
): Promise<boolean> {
  try {
    await objects.put(LOCK, Buffer.from(text), condition);
    return true;
  } catch (error) {
    if (error instanceof ObjectError && MOVED.has(error.code)) return false;
    throw error;
  }
}

/** Null if there is none, or another has just taken or released it. */
async function read(objects: ObjectWriter): Promise<{ text: string; version: string } | null> {
  const version = (await objects.head(LOCK))?.version ?? null;
  if (version === null) return null;
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of objects.read(LOCK, { version })) pieces.push(piece);
  } catch (error) {
    if (error instanceof ObjectError && MOVED.has(error.code)) return null;
    throw error;
  }
  return { text: Buffer.concat(pieces).toString('utf8'), version };
}

async function ignoresConditions(objects: ObjectWriter): Promise<Error> {
  await objects.remove([LOCK]);
  const found = 'it replaced an object despite If-None-Match, so two runs could not be kept apart';
  const remedy = 'use a newer version of the server, or write to a folder and copy the dataset';
  return outputError(`Cannot write to '${objects.address()}': ${found}; ${remedy}`);
}
