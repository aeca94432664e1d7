import { NamelessFile } from '../../util/files/nameless-file.ts';
import { type Digest, HashTable } from '../../util/hash-table.ts';

/** What the captions of one image may take; the captions of further rows are left out. */
const MAX_BYTES = 256 * 1024;
/** Position of the previous caption of the image, counted from 1, and length of this one. */
const HEAD_BYTES = 6 + 4;

/**
 * Captions of rows that repeat a URL, by the digests of URLs. The captions are in a file, which has no name and ends with
 * the process; in memory, each URL that is repeated takes 29 to 56 bytes.
 */
export class MergedCaptions {
  readonly #file: NamelessFile;
  /** For each URL the position of its last caption, counted from 1, in two numbers, and the bytes of all of them. */
  readonly #last = new HashTable(3);

  /** `path`: of the file, which is replaced. */
  constructor(path: string) {
    this.#file = new NamelessFile(path);
  }

  /** Adds a caption of a URL; returns false if there is no room for it. */
  add(digest: Digest, caption: string): boolean {
    const text = Buffer.from(caption);
    const [high = 0, low = 0, bytes = 0] = this.#last.get(digest) ?? [];
    if (bytes + text.length > MAX_BYTES) return false;
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUIntLE(high * 2 ** 32 + low, 0, 6);
    head.writeUInt32LE(text.length, 6);
    const place = this.#file.size + 1;
    this.#last.set(digest, [Math.floor(place / 2 ** 32), place % 2 ** 32, bytes + text.length]);
    this.#file.append(head, text);
    return true;
  }

  /** The captions of a URL in the order in which they were added. */
  of(digest: Digest): readonly string[] {
    const [high = 0, low = 0] = this.#last.get(digest) ?? [];
    const found: string[] = [];
    for (let place = high * 2 ** 32 + low; place > 0; ) {
      const head = this.#file.read(place - 1, HEAD_BYTES);
      found.push(this.#file.read(place - 1 + HEAD_BYTES, head.readUInt32LE(6)).toString());
      place = head.readUIntLE(0, 6);
    }
    return found.reverse();
  }

  close(): void {
    this.#file.close();
  }
}
