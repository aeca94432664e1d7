import type { HeldImage } from '../../core/samples.ts';
import type { IndexRow, IndexSource, OpenFormat, OpenOptions } from '../file/index-file.ts';
import { Notices } from '../file/notices.ts';
import { openSequential, type Pass, type Table } from '../file/sequential-file.ts';
import { openSourceFile } from '../file/source-file.ts';
import { type JsonRecord, parseRecords } from '../json/json-records.ts';
import { TarImage } from './held-image.ts';
import { SampleRecords } from './sample-record.ts';
import { tarMembers } from './tar-members.ts';
import { type TarSample, tarSamples } from './tar-samples.ts';
import { Window } from './window.ts';

/**
 * The samples of a tar as rows: the members of their JSON are the columns. Only headers, JSON and texts are read here;
 * rows have their images as places in the tar, if `images` asks for them.
 */
export const openWebdataset: OpenFormat = (source, options) =>
  openSequential(source, () => begin(source, options), options);

async function begin(source: IndexSource, options: OpenOptions): Promise<Pass> {
  const file = await openSourceFile(source);
  const tar = new Window(file, source.bytes ?? (await file.stat()).size);
  try {
    const reading = new Reading(source, tar, options);
    const table = await parseRecords(reading.records(), { name: source.name, label: 'webdataset' }, options);
    return { ...reading.withImages(table), close: () => tar.close() };
  } catch (error) {
    await tar.close();
    throw error;
  }
}

/** Few enough to be held, and enough that a batch costs nothing. */
const BATCH_RECORDS = 64;
const BATCH_BYTES = 1024 * 1024;

class Reading {
  readonly #source: IndexSource;
  readonly #tar: Window;
  readonly #options: OpenOptions;
  /** Of the records that are no rows yet, in their order. */
  readonly #images: (HeldImage | null)[] = [];

  constructor(source: IndexSource, tar: Window, options: OpenOptions) {
    this.#source = source;
    this.#tar = tar;
    this.#options = options;
  }

  async *records(): AsyncGenerator<JsonRecord[]> {
    const notices = new Notices(this.#source.name, this.#options.onNotice);
    const reader = new SampleRecords(this.#tar);
    let batch: JsonRecord[] = [];
    let bytes = 0;
    for await (const sample of tarSamples(tarMembers(this.#tar, notices), notices)) {
      const record = 'damage' in sample ? { ...sample, bytes: null } : await reader.read(sample);
      this.#images.push('damage' in sample ? null : this.#imageOf(sample));
      batch.push(record);
      bytes += record.bytes?.length ?? 0;
      if (batch.length < BATCH_RECORDS && bytes < BATCH_BYTES) continue;
      yield batch;
      [batch, bytes] = [[], 0];
    }
    if (batch.length > 0) yield batch;
  }

  /** The table with the image of each row; each record is one row. */
  withImages({ columns, batches }: Table): Table {
    if (!this.#options.images) return { columns, batches };
    const images = this.#images;
    return {
      columns,
      async *batches(wanted) {
        for await (const rows of batches(wanted)) {
          const taken = images.splice(0, rows.length);
          yield rows.map((row, at): IndexRow => {
            return 'unreadable' in row ? row : { ...row, image: taken[at] ?? null };
          });
        }
      },
    };
  }

  #imageOf({ image }: TarSample): HeldImage | null {
    if (image === null || !this.#options.images) return null;
    return new TarImage(this.#source, image, this.#tar.bytes);
  }
}
