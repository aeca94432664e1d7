import type { PlacedMember, TarIndex } from './tar-index.ts';

const BUFFER_LENGTH = 1 << 16;

/**
 * `NNNNN.idx`, which NVIDIA DALI's `wds2idx` would make: a line with the version and the number of samples, then a line for
 * each sample with extension, position, length and name of each member.
 */
export class DaliIndex implements TarIndex {
  readonly #pieces: Buffer[] = [];
  #text = '';
  #samples = 0;

  add({ name, start, bytes }: PlacedMember, isFirst: boolean): void {
    if (isFirst) this.#samples += 1;
    const extension = name.slice(name.indexOf('.') + 1);
    // Spaces separate the fields. DALI uses names only in its messages.
    this.#text += `${isFirst ? '\n' : ' '}${extension} ${start} ${bytes} ${name.replaceAll(' ', '_')}`;
    if (this.#text.length >= BUFFER_LENGTH) this.#flush();
  }

  content(): Buffer {
    this.#text += '\n';
    this.#flush();
    return Buffer.concat([Buffer.from(`v1.2 ${this.#samples}`), ...this.#pieces]);
  }

  /** Texts in the heap would take twice the memory. */
  #flush(): void {
    this.#pieces.push(Buffer.from(this.#text));
    this.#text = '';
  }
}
