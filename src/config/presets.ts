import type { OptionValues } from './options/options.ts';

/**
 * img2dataset's defaults that shape or place the dataset and differ from ours. They apply with `--preset img2dataset`
 * and to command lines in img2dataset's spelling (see legacy/).
 *
 * These of its defaults do not apply, on purpose:
 * - how hosts are treated (`retries` 0, `thread_count` 256 for each process, no deadline, no limit per host): a row
 *   that a second attempt saves has the same key and the same content, and hosts must not suffer from an old line;
 * - `input_format` txt: the format follows from the name of a file. A list of URLs means the same in both programs, and
 *   img2dataset fails when it reads a CSV or Parquet file as text;
 * - `url_col` url: the column is detected, and `url` is one of the names.
 */
const IMG2DATASET: Partial<OptionValues> = {
  output: 'images',
  captionCol: false,
  columns: [],
  outputFormat: 'files',
  imageSize: 256,
  resizeMode: 'border',
  resizeOnlyIfBigger: false,
  skipReencode: false,
  autoOrient: false,
  blur: 'img2dataset',
};

export const PRESETS: Readonly<Record<NonNullable<OptionValues['preset']>, Partial<OptionValues>>> = {
  img2dataset: IMG2DATASET,
};
