/**
 * Where a dataset lies. Everything that reads or writes a dataset's files does so through this interface, so that an
 * object store fits in beside the local disk: no rename, no fsync, no handle of a folder. A file appears at the moment
 * of its commit, complete and durable, and not before.
 *
 * A new store implements `Store`, gets a line in `open-store.ts` and a line in the list of `contract.test.ts`. What stays
 * on the local disk whatever the store (spools, the lock, the scratch folder, the index) does not pass through here.
 *
 * Names are paths relative to the dataset, with slashes: `00042.tar`, `00042/000420001.jpg`. A refusal of the system to
 * write is thrown as a UserError (exit code 4).
 */
export interface Store {
  /** How the user would name a file, for messages: `/data/laion/00042.tar`. Without a name, the dataset itself. */
  address(name?: string): string;

  /** What lies in the dataset or in one of its folders, in no particular order; null where there is no such folder. */
  list(folder?: string): Promise<readonly StoreEntry[] | null>;
  /** Length of a file in bytes; null where there is no such file. */
  size(name: string): Promise<number | null>;
  /** A whole file, for small ones; null where there is no such file. */
  read(name: string): Promise<Buffer | null>;
  /** The `length` bytes at `offset`; throws where the file ends before. */
  readRange(name: string, offset: number, length: number): Promise<Buffer<ArrayBuffer>>;
  /** A file front to back in pieces of any length; throws where there is no such file. */
  stream(name: string): AsyncIterable<Buffer>;
  /** Path of a local file with the same content, for readers that take nothing but a path. */
  localPath(name: string): Promise<string>;

  /** Replaces a small file at once: a reader, also after a crash, sees the old content or the new. */
  write(name: string, text: string): Promise<void>;
  /** Removes files and empty folders in this order; what is not there is passed over. Resolves when it is durable. */
  remove(names: readonly string[]): Promise<void>;
  /** Removes a folder with everything in it. */
  removeFolder(name: string): Promise<void>;

  /**
   * Begins to write files that are to appear together. At most one `replacement` may be open at a time.
   * `neededBytes` is about what the files will take, for the message of a full disk; 0 where nobody knows.
   */
  begin(kind: TransactionKind, neededBytes: number): Promise<Transaction>;
  /** What interrupted transactions left, as names for messages. */
  leftovers(): Promise<readonly Leftover[]>;
  /**
   * Completes the transactions that were committed and cut off, and drops the other replacements. To be called before
   * the first write. Throws a UserError (exit code 4) where writing is not safe, such as through a symbolic link.
   */
  recover(): Promise<void>;
}

export interface StoreEntry {
  /** Without the folder that was listed. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/**
 * `new`: the files appear one by one, in the order they were created; only the marker tells that all are there.
 * `replacement`: the files replace existing ones all at once or, also after a crash, not at all.
 */
export type TransactionKind = 'new' | 'replacement';

/** Files that nobody sees until they are committed. Nothing here is for concurrent use. */
export interface Transaction {
  createFile(name: string): Promise<NewFile>;
  createFolder(name: string): Promise<NewFolder>;
  /**
   * Makes everything appear that was created; all of it must be finished. `marker` is the name of the file that tells
   * readers that the others are complete: it appears last, and an older one disappears before anything else changes.
   */
  commit(marker: string): Promise<void>;
  /** Closes and removes what was created and did not appear. Never rejects. */
  discard(): Promise<void>;
}

export interface NewFile {
  /** Bytes written so far. */
  readonly size: number;
  /** Appends the buffers; they may be reused once the promise resolves. */
  write(buffers: readonly Uint8Array[]): Promise<void>;
  /** Closes the file; resolves when its bytes are durable. */
  finish(): Promise<FileDigest>;
}

export interface NewFolder {
  /** Adds a complete file. Several may be added at once. */
  add(name: string, bytes: Uint8Array): Promise<FileDigest>;
  /** Resolves when the names in the folder are durable. */
  finish(): Promise<void>;
}

/** Length and digest of a file, as the statistics of a shard record them. */
export interface FileDigest {
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export interface Leftover {
  /** Relative to the dataset. */
  readonly name: string;
  /** Whether `recover` will complete it; otherwise it is of no further use. */
  readonly committed: boolean;
}
