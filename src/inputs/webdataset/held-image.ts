import { inputError, oneLine } from '../../core/errors.ts';
import type { HeldImage } from '../../core/samples.ts';
import { readUpTo } from '../../util/files/read-exactly.ts';
import type { IndexSource, LocalParts, RemoteSource } from '../file/index-file.ts';
import { openSourceFile } from '../file/source-file.ts';
import type { Member } from './tar-members.ts';

/**
 * The image of a sample, to be read when its turn has come. The tar is opened for each image, so that nothing has to be
 * kept open until the last one. Only its length is a property, since rows are also stored.
 */
export class TarImage implements HeldImage {
  readonly bytes: number;
  readonly isCut: boolean;
  /** Images come in the order of their tars, so what is fetched of a remote one is kept until the next is needed. */
  static #kept: { readonly remote: RemoteSource; readonly parts: Promise<LocalParts> } | null = null;
  readonly #source: IndexSource;
  readonly #start: number;

  /** `tarBytes`: length of the tar. */
  constructor(source: IndexSource, { start, bytes }: Member, tarBytes: number) {
    this.bytes = bytes;
    this.isCut = start + bytes > tarBytes;
    this.#source = source;
    this.#start = start;
  }

  async read(): Promise<Buffer> {
    const source = this.#source;
    if (source.remote !== undefined) await TarImage.#keep(source.remote);
    const parts = await source.remote?.open();
    try {
      await using file = await openSourceFile(parts === undefined ? source : { path: parts.path, parts });
      const content = await readUpTo(file, this.#start, this.bytes);
      if (content.length === this.bytes) return content;
      throw new Error('it has become shorter since the run began');
    } catch (error) {
      throw inputError(`Cannot read an image from '${source.name}': ${oneLine(error)}`, error);
    } finally {
      await parts?.close();
    }
  }

  static async #keep(remote: RemoteSource): Promise<void> {
    const before = TarImage.#kept;
    if (before?.remote === remote) return;
    const parts = remote.open();
    // Whoever opens it himself hears of it.
    parts.catch(() => {});
    TarImage.#kept = { remote, parts };
    await (await before?.parts.catch(() => null))?.close();
  }
}
