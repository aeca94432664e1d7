import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFiles } from '../../test/support/command/read-dataset.ts';
import { openBucket } from '../../test/support/stores/bucket-files.ts';
import { type StoreProgram, schemeOf, startStoreServer } from '../../test/support/stores/start-store.ts';

/** Where the machines write: a folder, or a store. */
export interface Place {
  readonly output: string;
  /** Variables with which the machines find it. */
  readonly env: Readonly<Record<string, string>>;
  /** SHA-256 of the dataset's files with this ending, by name. */
  digests(ending: string): Promise<Record<string, string>>;
  /** Names of the dataset's state files that only machines at work need, and of uploads that are open. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

const NAME = 'out';
const STATE = '.laion-fetch';
/** What a finished run has removed. */
const OF_WORK = /^(?:parts|attempts|uploads|scratch|staging)(?:\/|$)/;

/** `store`: the program of a store, such as versitygw; undefined for a folder in `folder`. */
export async function openPlace(folder: string, store: string | undefined): Promise<Place> {
  if (store === undefined) {
    const output = join(folder, NAME);
    return {
      output,
      env: {},
      digests: async (ending) => digestFiles(output, ending),
      leftovers: async () => (await readdir(join(output, STATE))).filter((name) => OF_WORK.test(name)),
      close: async () => {},
    };
  }
  const program = store as StoreProgram;
  const server = await startStoreServer(program);
  const bucket = await server.newBucket();
  const files = openBucket(program, server, bucket);
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  return {
    output: `${schemeOf(program)}://${bucket}/${NAME}`,
    env: { ...server.env, LAION_FETCH_SCRATCH: scratch },
    digests: (ending) => files.digests(NAME, ending),
    leftovers: async () => {
      const prefix = `${NAME}/${STATE}/`;
      const state = (await files.keys()).filter((key) => key.startsWith(prefix));
      const open = await files.openUploads();
      return [
        ...state.map((key) => key.slice(prefix.length)).filter((name) => OF_WORK.test(name)),
        ...(open === 0 ? [] : [`${open} open uploads`]),
      ];
    },
    close: () => server.stop(),
  };
}
