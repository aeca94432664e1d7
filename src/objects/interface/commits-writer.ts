import type { PutCondition } from './object-backend.ts';
import type { ObjectWriter } from './object-writer.ts';

/** A store that makes several changes at once, or none of them. What it has received before that stays invisible. */
export interface CommitsWriter extends ObjectWriter {
  /** Makes all changes in one commit; throws `exists`, and changes nothing, if the condition does not hold. */
  commit(changes: Changes): Promise<void>;
  /** Keeps a small object in memory until the next commit of this thread. A crash before that loses it. */
  putWithNext(key: string, bytes: Uint8Array): Promise<void>;
}

export interface Changes {
  readonly files: readonly NewObject[];
  /** Keys of objects that disappear; those that do not exist are skipped. */
  readonly removed: readonly string[];
  readonly condition?: KeyCondition;
}

/** What must hold for an object at the moment of the commit. */
export interface KeyCondition {
  readonly key: string;
  readonly is: Exclude<PutCondition, 'none'>;
}

export interface NewObject {
  readonly key: string;
  readonly content: Uint8Array | LocalFile;
}

/** A complete file on the local disk, which must not change before it is committed. */
export interface LocalFile {
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}
