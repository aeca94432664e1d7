import type { OpenUpload } from './object-backend.ts';
import type { ObjectWriter } from './object-writer.ts';

/** A store that takes objects in parts. Uploads stay invisible until they are completed, also after a crash. */
export interface PartsWriter extends ObjectWriter {
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
