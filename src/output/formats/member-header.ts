import { pack } from 'tar-stream';

/** The same for every member, as in webdataset's own writer; a fixed time keeps tars byte-identical. */
const ATTRIBUTES = { mode: 0o444, uid: 0, gid: 0, uname: 'bigdata', gname: 'bigdata', mtime: new Date(0) };
/** The fields of a header that differ between members: first byte and length. */
const NAME = [0, 100] as const;
const SIZE = [124, 12] as const;
const CHECKSUM = [148, 8] as const;

/** Fills in the headers of a tar's members, which are copies of one header made by tar-stream. */
export class MemberHeaders {
  readonly #blank: Buffer;
  /** Sum of the blank header's bytes, with the checksum field counted as spaces. */
  readonly #blankSum: number;

  private constructor(blank: Buffer) {
    for (const [start, length] of [NAME, SIZE, CHECKSUM]) blank.fill(0, start, start + length);
    this.#blank = blank;
    this.#blankSum = blank.reduce((sum, byte) => sum + byte, 0x20 * CHECKSUM[1]);
  }

  static async create(): Promise<MemberHeaders> {
    const tar = pack();
    tar.entry({ ...ATTRIBUTES, name: 'blank' }, '');
    for await (const block of tar as AsyncIterable<Buffer>) return new MemberHeaders(Buffer.from(block));
    throw new Error('tar-stream made no header');
  }

  /** The 512 bytes before a member of `size` bytes. The name must be ASCII. */
  of(name: string, size: number): Buffer {
    if (name.length > NAME[1]) throw new Error(`The name of a member is too long: '${name}'`);
    const digits = `${size.toString(8).padStart(SIZE[1] - 1, '0')} `;
    let sum = this.#blankSum;
    for (let at = 0; at < name.length; at += 1) sum += name.charCodeAt(at);
    for (let at = 0; at < digits.length; at += 1) sum += digits.charCodeAt(at);
    const header = Buffer.allocUnsafe(this.#blank.length);
    this.#blank.copy(header);
    header.write(name, NAME[0], 'latin1');
    header.write(digits, SIZE[0], 'latin1');
    header.write(`${sum.toString(8).padStart(CHECKSUM[1] - 2, '0')} `, CHECKSUM[0], 'latin1');
    return header;
  }
}
