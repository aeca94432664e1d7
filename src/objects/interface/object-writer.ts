import type { PutCondition } from './object-backend.ts';
import type { ObjectReader } from './object-reader.ts';

/**
 * Write access to objects. Keys are paths below the location, as with ObjectReader, and all methods throw ObjectErrors.
 */
export interface ObjectWriter extends ObjectReader {
  /** Names of the objects and folders directly below a folder: `''` or `a/b/`. */
  listFolder(folder: string): Promise<ListedFolder>;
  /** Stores a small object; throws `exists` if the condition does not hold. */
  put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<void>;
  /** Removes objects, and skips those that do not exist. */
  remove(keys: readonly string[]): Promise<void>;
}

export interface ListedFolder {
  readonly objects: readonly string[];
  readonly folders: readonly string[];
}
