import type { IndexSource, LocalParts } from '../../../inputs/file/index-file.ts';

/** Fetches the file of the index after the one in use, if it is not on this machine. */
export class FetchAhead {
  #held: Promise<LocalParts | null> = Promise.resolve(null);
  #isClosed = false;

  /** Fetches this file and lets go of the one before it. Never fails: whoever reads the file is told what is wrong. */
  async start(source: IndexSource | undefined): Promise<void> {
    if (this.#isClosed) return;
    const before = this.#held;
    this.#held = source?.remote?.open().catch(() => null) ?? Promise.resolve(null);
    await (await before)?.close();
    void (await this.#held)?.fetchRest();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await (await this.#held)?.close();
  }
}
