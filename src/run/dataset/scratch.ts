import { createHash } from 'node:crypto';
import { rm, rmdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Options } from '../../config/resolve.ts';
import type { MachinePart } from '../../core/samples.ts';
import { parseStoreLocation } from '../../core/store-schemes.ts';
import { writeError } from '../../output/store/write-error.ts';
import { makeFolders } from '../../util/files/make-folders.ts';
import { machineName } from '../../util/machine/machine-name.ts';

const PARTS = 'parts';

/** Variables that say which store an address means. */
const ENDPOINTS = [
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL',
  'STORAGE_EMULATOR_HOST',
  'AZURE_STORAGE_CONNECTION_STRING',
  'AZURE_STORAGE_ACCOUNT',
  'AZURE_STORAGE_ACCOUNT_NAME',
  'HF_ENDPOINT',
] as const;
/** Who asks does not matter. */
const SECRETS = /(?:AccountKey|SharedAccessSignature)=[^;]*/gi;

/**
 * Folder for unfinished shards: in the dataset's folder; for a dataset in a store, one for its address in `chosen`
 * (`--scratch`) or in the user's cache, so that the next start on this machine finds what this one left. Each of those that share
 * a dataset has a folder of its own on each machine.
 */
export function scratchFolder(output: string, chosen: string | null, sharer: string | null): string {
  const location = parseStoreLocation(output);
  const own = sharer === null ? [] : [PARTS, sharer];
  if (location === null) return join(output, '.laion-fetch', ...(sharer === null ? ['scratch'] : own));
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const identity = JSON.stringify([
    location,
    ENDPOINTS.map((name) => process.env[name]?.replace(SECRETS, '') ?? null),
  ]);
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return join(chosen ?? join(cache, 'laion-fetch'), name, ...own);
}

const partName = ({ index, count }: MachinePart): string => `${index}-of-${count}`;

/** Processes of one machine that may work for one queue. */
const MOST_WORKERS = 64;

/**
 * Names under which a run may share its dataset with others: that of its part on this machine, such as `3-of-20-<machine>`, or
 * one of this machine's for a queue. Null if it writes alone.
 */
export function sharerNames({ part, queue }: Pick<Options, 'part' | 'queue'>): readonly string[] | null {
  if (part !== null) return [`${partName(part)}-${machineName()}`];
  if (queue === null) return null;
  return Array.from({ length: MOST_WORKERS }, (_, at) => `queue-${machineName()}-${at}`);
}

/** Creates an empty scratch folder. Removes what another run left there for its next start. */
export async function makeScratch(scratch: string): Promise<string> {
  try {
    await removeScratch(scratch);
    await makeFolders(scratch);
  } catch (error) {
    throw writeError(scratch, error, 0);
  }
  return scratch;
}

export async function removeScratch(scratch: string): Promise<void> {
  await rm(scratch, { recursive: true, force: true });
}

/**
 * Removes what machines that are gone have left in a dataset that is complete. Of a dataset in a store, they have folders of
 * their own; here, only empty ones disappear.
 */
export async function removePartScratch(output: string, chosen: string | null): Promise<void> {
  const folder = scratchFolder(output, chosen, null);
  if (parseStoreLocation(output) === null) return removeScratch(join(folder, '..', PARTS));
  for (const path of [join(folder, PARTS), folder]) await rmdir(path).catch(() => {});
}
