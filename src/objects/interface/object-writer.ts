import type { OpenUpload, PutCondition } from './object-backend.ts';
import type { ObjectReader } from './object-reader.ts';

/**
 * Write access to objects. Uploads in parts stay invisible until they are completed, also after a crash. Keys are paths
 * below the location, as with ObjectReader, and all methods throw ObjectErrors.
 */
export interface ObjectWriter extends ObjectReader {
  /** Names of the objects and folders directly below a folder: `''` or `a/b/`. */
  listFolder(folder: string): Promise<ListedFolder>;
  /** Stores a small object in one request and returns its version; throws `exists` if the condition does not hold. */
  put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string>;
  /** Removes objects, and skips those that do not exist. */
  remove(keys: readonly string[]): Promise<void>;
  startUpload(key: string): Promise<OpenUpload>;
  /** Stores a part, whose number begins at 1; all but the last need 5 MiB. Returns its tag. */
  uploadPart(upload: OpenUpload, number: number, bytes: Uint8Array): Promise<string>;
  /** Makes the object of these parts appear. False if there is no such upload any more: somebody has ended it. */
  completeUpload(upload: OpenUpload, tags: readonly string[]): Promise<boolean>;
  /** Does nothing if there is no such upload. */
  abortUpload(upload: OpenUpload): Promise<void>;
  /** Uploads that are open, of keys that begin with `prefix`. */
  openUploads(prefix: string): Promise<readonly OpenUpload[]>;
}

export interface ListedFolder {
  readonly objects: readonly string[];
  readonly folders: readonly string[];
}
