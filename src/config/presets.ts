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
  loaderFiles: false,
  imageSize: 256,
  resizeMode: 'border',
  resizeOnlyIfBigger: false,
  skipReencode: false,
  autoOrient: false,
  rightsInJson: false,
  blur: 'img2dataset',
};

/** How Conceptual Captions and SBU are usually made: 256 pixels with a white border, as img2dataset does by default. */
const BORDER_256: Partial<OptionValues> = { imageSize: 256, resizeMode: 'border', resizeOnlyIfBigger: false };
/** How LAION-2B and COYO are usually made: the shorter side at most 384 pixels. */
const SHORTER_SIDE_384: Partial<OptionValues> = { imageSize: 384, resizeMode: 'keep_ratio' };

/**
 * Settings of public datasets: the names of the columns in their index files, and the sizes with which they are usually
 * made. All other columns are carried along, and opt-outs are honoured, as without a preset.
 */
export const PRESETS: Readonly<Record<NonNullable<OptionValues['preset']>, Partial<OptionValues>>> = {
  img2dataset: IMG2DATASET,
  'laion-400m': { urlCol: 'URL', captionCol: 'TEXT', ...BORDER_256 },
  'laion-2b': { urlCol: 'URL', captionCol: 'TEXT', oomShardCount: 6, ...SHORTER_SIDE_384 },
  datacomp: {
    urlCol: 'url',
    captionCol: 'text',
    bboxCol: 'face_bboxes',
    imageSize: 512,
    resizeMode: 'keep_ratio_largest',
    oomShardCount: 8,
  },
  // The files of both have no header, and their columns are in different orders.
  cc3m: { header: ['caption', 'url'], urlCol: 'url', captionCol: 'caption', ...BORDER_256 },
  cc12m: { header: ['url', 'caption'], urlCol: 'url', captionCol: 'caption', ...BORDER_256 },
  'coyo-700m': { urlCol: 'url', captionCol: 'text', ...SHORTER_SIDE_384 },
  sbu: { urlCol: 'image_urls', captionCol: 'captions', ...BORDER_256 },
  // The column of URLs is detected: url in the annotations, image_url in their copy on Hugging Face.
  redcaps: {
    records: 'annotations',
    captionCol: 'caption',
    imageSize: 512,
    resizeMode: 'keep_ratio_largest',
  },
};
