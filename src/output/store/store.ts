/**
 * The place where a dataset is stored. All reads and writes of a dataset's files go through this interface, which an
 * object store can implement as well as a local disk: no rename, no fsync, no folder handles. A file appears when it is
 * committed, complete and durable, and not before.
 *
 * A new store implements `Store`, and gets a line in `open-store.ts` and one in the list of `contract.test.ts`. Files that
 * stay on the local disk with any store (spools, the lock, the scratch folder, the index) do not go through it.
 *
 * Names are paths relative to the dataset, with slashes: `00042.tar`, `00042/000420001.jpg`. If the system refuses to
 * write, a UserError (exit code 4) is thrown.
 */
export interface Store {
  /** A file as the user would name it, for messages: `/data/laion/00042.tar`. Without a name, the dataset itself. */
  address(name?: string): string;

  /** The entries of the dataset or of one of its folders, in no particular order; null if there is no such folder. */
  list(folder?: string): Promise<readonly StoreEntry[] | null>;
  /** Length of a file in bytes; null if there is no such file. */
  size(name: string): Promise<number | null>;
  /** The content of a small file; null if there is no such file. */
  read(name: string): Promise<Buffer | null>;
  /** The `length` bytes at `offset`; throws if the file ends before that. */
  readRange(name: string, offset: number, length: number): Promise<Buffer<ArrayBuffer>>;
  /** A file from start to end in pieces of any length; throws if there is no such file. */
  stream(name: string): AsyncIterable<Buffer>;
  /** Path of a local file with the same content, for readers that accept only a path. */
  localPath(name: string): Promise<string>;

  /** Replaces a small file atomically: a reader sees the old content or the new, even after a crash. */
  write(name: string, text: string): Promise<void>;
  /**
   * Adds lines to a log, whose reader skips a line that a crash has torn, and takes a line that is there twice for one.
   * Costs no more for a long log. A store that should be written to rarely may keep them in memory until this thread writes
   * something else.
   */
  append(name: string, lines: string): Promise<void>;
  /** All lines of a log; null if it has none. */
  readLog(name: string): Promise<Buffer | null>;
  /** Makes a log one file of its name, once nothing more is added: a store that cannot append has several until then. */
  closeLog(name: string): Promise<void>;
  /** Replaces small files one by one in this order, or all at once if the store can. */
  writeAll(files: readonly SmallFile[]): Promise<void>;
  /**
   * Like `write` for a file that nothing depends on: a store that should be written to rarely may keep it in memory until
   * this thread writes something else.
   */
  writeSoon(name: string, text: string): Promise<void>;
  /** Removes files and empty folders in this order and skips those that do not exist. Resolves when that is durable. */
  remove(names: readonly string[]): Promise<void>;
  /** Removes a folder with everything in it. */
  removeFolder(name: string): Promise<void>;

  /**
   * Starts writing files that will appear together. At most one `replacement` may be open at a time. `neededBytes` is
   * roughly the size of the files, for the message about a full disk; 0 if unknown.
   */
  begin(kind: TransactionKind, neededBytes: number): Promise<Transaction>;
  /** Whether a commit may take minutes, because several are made as one. */
  readonly gathersCommits: boolean;
  /** The names that interrupted transactions left, for messages. */
  leftovers(): Promise<readonly Leftover[]>;
  /**
   * Completes interrupted transactions that were committed and discards the other ones, but keeps what is not decided while
   * `others` may be writing. Call it before the first write, and after the last: requests whose answers were lost leave
   * something behind, too. Throws a UserError (exit code 4) if writing is not safe, such as through a symbolic link.
   */
  recover(others?: 'may-write'): Promise<void>;
}

export interface SmallFile {
  readonly name: string;
  readonly text: string;
}

export interface StoreEntry {
  /** Name within the listed folder. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/**
 * `new`: the files appear one by one, in the order in which they were created; only the marker shows that all are there.
 * `shared`: the same while other writers may write the same shard, of which one decides; a shard that is complete stays.
 * `replacement`: the files replace existing ones all at once or, even after a crash, not at all.
 */
export type TransactionKind = 'new' | 'shared' | 'replacement';

/** Files that are invisible until they are committed. Calls must not overlap. */
export interface Transaction {
  createFile(name: string): Promise<NewFile>;
  createFolder(name: string): Promise<NewFolder>;
  /**
   * Makes all created files appear; they must be finished. `marker` is the name of the file that tells readers that the
   * others are complete: it appears last, and an older one disappears before anything else changes.
   */
  commit(marker: string): Promise<void>;
  /** Closes and removes the created files that have not appeared. Never rejects. */
  discard(): Promise<void>;
}

export interface NewFile {
  /** Bytes written so far. */
  readonly size: number;
  /** Appends the buffers. They may be reused once the promise resolves. */
  write(buffers: readonly Uint8Array[]): Promise<void>;
  /** Closes the file; resolves when its bytes are durable. */
  finish(): Promise<FileDigest>;
}

export interface NewFolder {
  /** Adds a complete file, also in a subfolder (`cat/1.jpg`). Several may be added at once. */
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
  /** Whether `recover` will complete it; otherwise it is useless. */
  readonly committed: boolean;
}
