import type { ShardJob } from '../../broker/interface/broker.ts';
import type { Options } from '../../config/resolve.ts';
import { inputError } from '../../core/errors.ts';
import type { IndexFile } from '../../inputs/file/index-file.ts';
import { openIndex } from '../../inputs/open.ts';
import { toSampleRow } from '../../inputs/sample-row.ts';
import { columnsRead, type RowBatch } from '../index/assign-shards.ts';
import type { OpenedIndex } from '../index/open-index.ts';
import { selectRows } from '../index/select-rows.ts';

interface JobReaderOptions {
  readonly index: OpenedIndex;
  readonly options: Options;
  readonly onNotice: (message: string) => void;
}

/** Reads the rows of one shard after the other, in any order. Row groups that a shard does not need are not read. */
export class JobReader {
  readonly #options: JobReaderOptions;
  /** The file of the latest shard stays open for the next. */
  #open: { readonly position: number; readonly index: IndexFile } | null = null;

  constructor(options: JobReaderOptions) {
    this.#options = options;
  }

  /** The rows of a shard; its last batch ends it. */
  async *read(job: ShardJob, signal: AbortSignal): AsyncGenerator<RowBatch> {
    const { options } = this.#options;
    const file = this.#options.index.files[job.file];
    if (file === undefined)
      throw inputError(`Cannot read shard ${job.shard}: the index has no file ${job.file}`);
    const { name: fileName } = file.source;
    const index = await this.#openFile(job.file);
    const request = {
      from: job.start,
      columns: columnsRead(file),
      file: job.file,
      selection: options,
      signal,
    };
    let read = 0;
    for await (const batch of selectRows(index, request)) {
      const rows = batch.slice(0, job.rows - read).map((row, at) => ({
        index: read + at,
        row: toSampleRow(row, file.choice),
      }));
      read += rows.length;
      yield { fileName, id: job.shard, rows, endsShard: read === job.rows };
      if (read === job.rows) return;
    }
    if (signal.aborted) return;
    const found = `found ${read} rows from row ${job.start} on, expected ${job.rows}`;
    throw inputError(`Cannot read '${fileName}': ${found}; the file has changed during the run`);
  }

  async close(): Promise<void> {
    await this.#open?.index.close();
    this.#open = null;
  }

  async #openFile(position: number): Promise<IndexFile> {
    if (this.#open?.position === position) return this.#open.index;
    await this.close();
    const file = this.#options.index.files[position];
    if (file === undefined) throw new Error(`no file ${position}`);
    const index = await openIndex(file.source, { ...file.options, onNotice: this.#options.onNotice });
    this.#open = { position, index };
    return index;
  }
}
