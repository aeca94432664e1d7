import { createHash } from 'node:crypto';
import { Pieces } from './pieces.ts';

const WORD_BYTES = 4;

/** The values of a sample by the names of their columns. */
export type MdsSample = ReadonlyMap<string, Uint8Array>;

interface MdsLimits {
  /** Length of the file. */
  readonly fileBytes: number;
  /** Maximum bytes of a sample. */
  readonly sampleBytes: number;
}

/**
 * The samples of an MDS file, one at a time; throws if its parts do not follow each other without gaps up to its end.
 * Calls `onSha256` with the digest of the file when its end is reached. Only columns of any length are expected.
 */
export async function* mdsSamples(
  file: AsyncIterable<Buffer>,
  { fileBytes, sampleBytes }: MdsLimits,
  onSha256: (sha256: string) => void,
): AsyncGenerator<MdsSample> {
  const source = new Source(file, fileBytes);
  const count = (await source.take(WORD_BYTES, 'the number of samples')).readUInt32LE();
  const words = Buffer.from(await source.take((count + 1) * WORD_BYTES, 'the offsets'));
  const offsetOf = (sample: number): number => words.readUInt32LE(sample * WORD_BYTES);
  const config = await source.take(offsetOf(0) - source.position, 'the columns');
  const names = columnNames(config.toString('utf8'));
  for (let sample = 0; sample < count; sample += 1) {
    const length = offsetOf(sample + 1) - source.position;
    if (length > sampleBytes) throw new Error(`sample ${sample} has ${length} bytes`);
    yield valuesOf(await source.take(length, `sample ${sample}`), names, sample);
  }
  await source.end();
  onSha256(source.sha256);
}

function valuesOf(bytes: Buffer, names: readonly string[], sample: number): MdsSample {
  const values = new Map<string, Uint8Array>();
  let at = names.length * WORD_BYTES;
  for (const [column, name] of names.entries()) {
    const length = at > bytes.length ? 0 : bytes.readUInt32LE(column * WORD_BYTES);
    values.set(name, bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw new Error(`the values of sample ${sample} do not fill it`);
  return values;
}

function columnNames(config: string): readonly string[] {
  const { column_names: names, column_sizes: sizes } = JSON.parse(config) as Record<string, unknown>;
  if (!Array.isArray(names) || !Array.isArray(sizes) || sizes.some((size) => size !== null))
    throw new Error('its columns are not those of laion-fetch');
  return names.map(String);
}

/** A file that is read from front to back. */
class Source {
  readonly #file: AsyncIterator<Buffer>;
  readonly #bytes: number;
  readonly #pieces = new Pieces();
  readonly #digest = createHash('sha256');
  position = 0;

  constructor(file: AsyncIterable<Buffer>, bytes: number) {
    this.#file = file[Symbol.asyncIterator]();
    this.#bytes = bytes;
  }

  get sha256(): string {
    return this.#digest.digest('hex');
  }

  /** The next bytes, valid until the next call. */
  async take(length: number, what: string): Promise<Buffer> {
    if (length < 0 || this.position + length > this.#bytes)
      throw new Error(`${what} cannot be where it should: byte ${this.position + length}`);
    while (this.#pieces.bytes < length) {
      if (!(await this.#read())) throw new Error(`it ends within ${what}`);
    }
    const bytes = this.#pieces.join().subarray(0, length);
    this.#pieces.drop(length);
    this.position += length;
    return bytes;
  }

  async end(): Promise<void> {
    if (this.#pieces.bytes > 0 || (await this.#read()))
      throw new Error('it has bytes behind its last sample');
  }

  async #read(): Promise<boolean> {
    const next = await this.#file.next();
    if (next.done) return false;
    this.#digest.update(next.value);
    this.#pieces.add(next.value);
    return true;
  }
}
