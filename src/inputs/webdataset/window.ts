import { readUpTo } from '../../util/files/read-exactly.ts';
import type { SourceFile } from '../file/source-file.ts';

/** Headers and small members that follow each other are read at once. */
const WINDOW_BYTES = 32 * 1024;

/** A file of which small parts are read at rising positions. */
export class Window {
  /** Length of the file. */
  readonly bytes: number;
  readonly #file: SourceFile;
  #start = 0;
  #held: Buffer = Buffer.alloc(0);

  constructor(file: SourceFile, bytes: number) {
    this.#file = file;
    this.bytes = bytes;
  }

  /** `length` bytes from `position` on, fewer at the end of the file. Valid until the next call. */
  async read(position: number, length: number): Promise<Buffer> {
    const from = position - this.#start;
    if (from >= 0 && from + length <= this.#held.length) return this.#held.subarray(from, from + length);
    if (length > WINDOW_BYTES) return readUpTo(this.#file, position, length);
    this.#held = await readUpTo(
      this.#file,
      position,
      Math.min(WINDOW_BYTES, Math.max(0, this.bytes - position)),
    );
    this.#start = position;
    return this.#held.subarray(0, length);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
