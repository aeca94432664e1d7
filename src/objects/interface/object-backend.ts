/**
 * What a kind of store has to offer: one method for each of its requests, each tried once. `SteadyObjects` adds what all
 * of them need (retries, time-outs, bounded concurrency) and the location's prefix. Keys are complete here: paths within
 * the bucket. Every failure is an ObjectError.
 */
export interface ObjectBackend {
  /** An object as the user would name it: `s3://bucket/laion/00000.tar`. */
  address(key: string): string;
  /** Up to 1000 objects in the order of their keys. With `grouped`, those in folders below `prefix` as their folders. */
  listPage(prefix: string, options: ListOptions, signal: AbortSignal): Promise<ListedPage>;
  /** Null if there is no such object. */
  head(key: string, signal: AbortSignal): Promise<Omit<FoundObject, 'key'> | null>;
  /** Rejects with `not_found`, or with `changed` if the object has not the demanded version. */
  get(key: string, range: ReadRange, signal: AbortSignal): Promise<OpenedObject>;
  /** Resolves with the version of the new object; rejects with `exists` if the condition does not hold. */
  put(key: string, bytes: Uint8Array, condition: PutCondition, signal: AbortSignal): Promise<string>;
  /** How many objects `remove` takes: of several requests, one would fail too often. */
  readonly removedAtOnce: number;
  /** Removes objects, and skips those that do not exist. */
  remove(keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** Opens an upload in parts, which nobody sees before it is completed. Resolves with its id. */
  startUpload(key: string, signal: AbortSignal): Promise<string>;
  /** Stores a part, whose number begins at 1. Resolves with its tag. */
  uploadPart(upload: OpenUpload, number: number, bytes: Uint8Array, signal: AbortSignal): Promise<string>;
  /** Makes the object of these parts appear; rejects with `not_found` if there is no such upload any more. */
  completeUpload(upload: OpenUpload, tags: readonly string[], signal: AbortSignal): Promise<void>;
  /** The keys of objects that an upload leaves behind when it is completed; empty if parts are no objects. */
  leftBy(upload: OpenUpload, tags: readonly string[]): readonly string[];
  /** Does nothing if there is no such upload. */
  abortUpload(upload: OpenUpload, signal: AbortSignal): Promise<void>;
  listUploads(prefix: string, after: UploadPosition | null, signal: AbortSignal): Promise<ListedUploads>;
}

export interface FoundObject {
  readonly key: string;
  readonly bytes: number;
  readonly version: string | null;
}

export interface ListOptions {
  readonly grouped: boolean;
  /** Where the previous page ended; null for the first. */
  readonly after: string | null;
}

export interface ListedPage {
  readonly objects: readonly FoundObject[];
  /** With a slash at the end. */
  readonly folders: readonly string[];
  readonly next: string | null;
}

export interface ReadRange {
  readonly offset: number;
  /** Null for everything up to the end. */
  readonly length: number | null;
  readonly version: string | null;
}

export interface OpenedObject {
  readonly version: string | null;
  readonly body: AsyncIterable<Uint8Array>;
}

/** `absent`: only if there is no object; otherwise only if the object has this version. */
export type PutCondition = 'none' | 'absent' | { readonly version: string };

export interface OpenUpload {
  readonly key: string;
  readonly id: string;
}

export interface UploadPosition {
  readonly key: string;
  readonly id: string;
}

export interface ListedUploads {
  readonly uploads: readonly OpenUpload[];
  readonly next: UploadPosition | null;
}
