import { StringDecoder } from 'node:string_decoder';
import { inputError } from '../../core/errors.ts';
import type { NewFile, Store } from '../store/store.ts';

/** A file of a shard and its digest. */
export interface Checksum {
  /** Path relative to the dataset. */
  readonly name: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

const BUFFER_LENGTH = 1 << 16;

/**
 * Writes `NNNNN.sha256`, which has a line in sha256sum's format for every other file of the shard. So `sha256sum -c` in
 * the dataset's folder checks the shard without laion-fetch.
 */
export class ChecksumFile {
  readonly #file: NewFile;
  #text = '';

  constructor(file: NewFile) {
    this.#file = file;
  }

  /** Must not be called again before it resolves. */
  async add({ name, sha256 }: Checksum): Promise<void> {
    this.#text += `${sha256}  ${name}\n`;
    if (this.#text.length >= BUFFER_LENGTH) await this.#flush();
  }

  /** Resolves when the file is complete and durable. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#file.finish();
  }

  async #flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    await this.#file.write([Buffer.from(text)]);
  }
}

/** Reads a checksum file line by line; throws a UserError (exit code 3) if a line is not in sha256sum's format. */
export async function* readChecksums(store: Store, file: string): AsyncGenerator<Checksum> {
  for await (const line of linesOf(store.stream(file))) {
    const [, sha256, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (sha256 === undefined || name === undefined) {
      const found = `expected sha256sum lines, found '${line.slice(0, 80)}'`;
      throw inputError(`Cannot read '${store.address(file)}': ${found}; run laion-fetch verify`);
    }
    yield { name, sha256 };
  }
}

async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + decoder.write(piece)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}
