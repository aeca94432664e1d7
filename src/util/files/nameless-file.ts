import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

const BUFFER_BYTES = 1 << 20;

/** A file to add to and to read from, which has no name and ends with the process. */
export class NamelessFile {
  readonly #file: number;
  #written = 0;
  #buffer: Uint8Array[] = [];
  #buffered = 0;

  /** `path`: where the file is created; a file there is replaced. */
  constructor(path: string) {
    rmSync(path, { force: true });
    this.#file = openSync(path, 'wx+', 0o600);
    rmSync(path, { force: true });
  }

  /** Length in bytes: where the next bytes will be. */
  get size(): number {
    return this.#written + this.#buffered;
  }

  append(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#buffer.push(piece);
      this.#buffered += piece.length;
    }
    if (this.#buffered >= BUFFER_BYTES) this.#flush();
  }

  /** The `length` bytes at `position`; throws if the file ends before that. */
  read(position: number, length: number): Buffer {
    this.#flush();
    const bytes = Buffer.alloc(length);
    for (let from = 0; from < length; ) {
      const read = readSync(this.#file, bytes, from, length - from, position + from);
      if (read === 0) throw new Error(`The file ends before byte ${position + length}`);
      from += read;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#buffered === 0) return;
    const bytes = Buffer.concat(this.#buffer);
    for (let from = 0; from < bytes.length; )
      from += writeSync(this.#file, bytes, from, bytes.length - from, this.#written + from);
    this.#written += bytes.length;
    this.#buffer = [];
    this.#buffered = 0;
  }
}
