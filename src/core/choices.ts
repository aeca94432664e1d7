/**
 * The words that options offer and that several rooms act on. A new format, mode or digest is one entry here plus its
 * code, in the file that the list names.
 */

/** Formats of an index that are read from front to back, so that they may be compressed. */
export const STREAMED_FORMATS = ['csv', 'tsv', 'json', 'jsonl', 'txt'] as const;
/** Formats of an index; each has an entry in `inputs/formats.ts`. */
export const INPUT_FORMATS = ['parquet', 'arrow', 'webdataset', ...STREAMED_FORMATS] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** Formats of a dataset; each has an entry in `output/formats/formats.ts`. `none` writes statistics only. */
export const OUTPUT_FORMATS = ['webdataset', 'files', 'parquet', 'tfrecord', 'mds', 'none'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** How an image is fitted to the target size; see `image/job/resize-modes.ts`. */
export const RESIZE_MODES = ['no', 'border', 'keep_ratio', 'keep_ratio_largest', 'center_crop'] as const;
export type ResizeMode = (typeof RESIZE_MODES)[number];

/**
 * Image formats of the samples; see `image/job/encoders.ts`. `original` keeps the downloaded bytes once the image has
 * been decoded without error.
 */
export const ENCODE_FORMATS = ['jpg', 'png', 'webp', 'original'] as const;
export type EncodeFormat = (typeof ENCODE_FORMATS)[number];

/** Interpolations of OpenCV; `codec/resample/kernels.ts` has their weights. */
export const INTERPOLATIONS = ['nearest', 'linear', 'cubic', 'area', 'lanczos'] as const;
export type Interpolation = (typeof INTERPOLATIONS)[number];

/** How strongly the regions of `--bbox-col` are blurred; see `image/render/blur.ts`. */
export const BLURS = ['strong', 'img2dataset'] as const;
export type Blur = (typeof BLURS)[number];

/** Digests of the downloaded bytes, by their names in node:crypto; also the name of the column that holds one. */
export const HASHES = ['md5', 'sha256', 'sha512'] as const;
export type Hash = (typeof HASHES)[number];

/** What starts the parts of a run on several machines; `multiprocessing` is img2dataset's word for this machine alone. */
export const DISTRIBUTORS = ['multiprocessing', 'pyspark', 'ray'] as const;
export type Distributor = Exclude<(typeof DISTRIBUTORS)[number], 'multiprocessing'>;

/** Datasets whose columns and settings are known, and the program whose defaults are. */
export const PRESET_NAMES = [
  'img2dataset',
  'laion-400m',
  'laion-2b',
  'datacomp',
  'cc3m',
  'cc12m',
  'coyo-700m',
  'sbu',
  'redcaps',
] as const;
