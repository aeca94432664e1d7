import type { FailureCode } from '../../core/failures.ts';
import { FetchError } from '../../fetch/connect/fetch-error.ts';
import type { StoredBodies } from '../../fetch/stores/read-stored.ts';
import { ObjectError, type ObjectErrorCode } from '../../objects/interface/object-error.ts';
import type { ObjectReader } from '../../objects/interface/object-reader.ts';
import { openObjects } from '../../objects/open-objects.ts';

/** What a row ends with if its store refuses: the code that a web server would have caused. */
const CODES: Readonly<Record<ObjectErrorCode, FailureCode>> = {
  not_found: 'http_404',
  no_bucket: 'http_404',
  denied: 'http_403',
  credentials: 'http_401',
  clock: 'http_403',
  quota: 'http_403',
  refused: 'http_400',
  exists: 'http_400',
  changed: 'network_error',
  temporary: 'http_503',
};

/** Reads objects of stores for rows; undefined if no store is allowed. Loads no SDK before the first row. */
export function openAllowedStores(allowed: readonly string[]): StoredBodies | undefined {
  if (allowed.length === 0) return undefined;
  const readers = new Map<string, ObjectReader | null>();
  return {
    async *read(root, key, signal) {
      const reader = readers.get(root) ?? openObjects(root);
      readers.set(root, reader);
      if (reader === null) throw new Error(`Cannot read '${root}': it is no store`);
      try {
        yield* reader.read(key, { signal });
      } catch (error) {
        if (error instanceof ObjectError) throw new FetchError(CODES[error.code], error.message);
        throw error;
      }
    },
  };
}
