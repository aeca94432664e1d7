import { openStore } from '../../../output/store/open-store.ts';
import { BusyError, type Holder, isHeld, parseHolder } from './holder.ts';

/** A file for each run that shares the dataset with others, `3-of-20-<machine>.json`, which names its process. */
const FOLDER = '.laion-fetch/sharers';

const fileOf = (name: string): string => `${FOLDER}/${name}.json`;

/** Throws a BusyError while runs may be writing that share the dataset. */
export async function refuseSharers(output: string, me: Holder): Promise<void> {
  const store = openStore(output);
  for (const { name } of (await store.list(FOLDER)) ?? []) {
    const file = `${FOLDER}/${name}`;
    const holder = await readSharer(output, file);
    if (holder !== null && (await isHeld({ holder, ageMs: 0 }, me))) {
      throw new BusyError(output, store.address(file), holder);
    }
  }
}

/**
 * Records that a run shares the dataset. Throws a BusyError if one of the same name is known to run; what cannot be checked
 * from here, such as a process of another machine, keeps nobody out, unless there are other names to choose from.
 */
export async function enterSharer(
  output: string,
  name: string,
  me: Holder,
  hasOthers: boolean,
): Promise<void> {
  const store = openStore(output);
  const found = await readSharer(output, fileOf(name));
  const isNear = found?.host === me.host && found.pidNamespace === me.pidNamespace;
  if (found !== null && (isNear || hasOthers) && (await isHeld({ holder: found, ageMs: 0 }, me)))
    throw new BusyError(output, store.address(fileOf(name)), found);
  await store.write(fileOf(name), `${JSON.stringify(me)}\n`);
}

/** Removes the record, unless a later run has the name now. */
export async function leaveSharer(output: string, name: string, me: Holder): Promise<void> {
  if ((await readSharer(output, fileOf(name)))?.token !== me.token) return;
  await openStore(output).remove([fileOf(name)]);
}

async function readSharer(output: string, file: string): Promise<Holder | null> {
  const text = await openStore(output).read(file);
  return text === null ? null : parseHolder(text.toString('utf8'));
}
