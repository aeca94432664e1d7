/**
 * Read access to objects: files of an object store, of a dataset repository or of a web server. A location names a place
 * as the user wrote it, such as `s3://bucket/laion`; keys are paths below it, with slashes and without a leading one.
 *
 * All methods throw an ObjectError, whose code says what is wrong in the store's own terms; messages never hold
 * credentials, signatures of URLs or tokens.
 */
export interface ObjectReader {
  /** An object as the user would name it, for messages and the manifest. Without a key, the location itself. */
  address(key?: string): string;
  /** All objects whose key begins with `prefix`, in the order of their keys. */
  list(prefix: string): AsyncIterable<ObjectEntry>;
  /** What is known of an object without its content; null if there is no such object. */
  head(key: string): Promise<ObjectEntry | null>;
  /**
   * The bytes of an object, or of the range that begins at `offset` and is `length` long. With `version`, an object
   * that has another version by now is an ObjectError `changed`, never a mixture of two.
   */
  read(key: string, options?: ReadOptions): AsyncIterable<Uint8Array>;
}

export interface ObjectEntry {
  readonly key: string;
  /** Length in bytes. */
  readonly bytes: number;
  /** What changes whenever the content does (ETag, generation, digest); null if the store has nothing of this kind. */
  readonly version: string | null;
  /** Set if a read of a range transfers everything before it, too, as from a web server without ranges. */
  readonly isSequential?: true;
}

export interface ReadOptions {
  readonly offset?: number;
  readonly length?: number;
  readonly version?: string;
  readonly signal?: AbortSignal;
}
