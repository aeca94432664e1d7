import { HASHES, INPUT_FORMATS, OUTPUT_FORMATS, STREAMED_FORMATS } from '../../core/choices.ts';
import { byteSize, choice, decimal, flag, integer, optional, text } from './basic-types.ts';
import {
  captionColumn,
  columnList,
  columnNames,
  datasetLocation,
  delimiter,
  encoding,
  httpUrl,
  keyPrefix,
} from './domain-types.ts';
import { optionGroup } from './option-spec.ts';

const COMPRESSED_FORMATS = STREAMED_FORMATS.flatMap((format) => [`${format}.gz`, `${format}.zst`] as const);

const column = text('<col>', 'the name of a column');

export const indexOptions = {
  ...optionGroup('Input', {
    inputFormat: {
      type: optional(choice([...INPUT_FORMATS, ...COMPRESSED_FORMATS])),
      default: null,
      defaultText: 'by file name',
      help: `${INPUT_FORMATS.join(', ')} (also .gz, .zst)`,
    },
    fromTar: {
      type: flag,
      default: false,
      help: 'Take the images from webdataset tars',
      dataset: true,
    },
    urlCol: {
      type: optional(column),
      default: null,
      defaultText: 'detected',
      help: 'Column of URLs or lists of URLs',
      dataset: true,
    },
    baseUrl: {
      type: optional(httpUrl),
      default: null,
      help: 'Base of relative URLs: https://a.example/full/, or https:// for URLs without a scheme',
      dataset: true,
    },
    captionCol: {
      type: captionColumn,
      default: null,
      help: 'Column that holds the captions, or none',
      dataset: true,
    },
    columns: {
      type: columnList,
      default: null,
      help: 'Columns of the index to copy into the metadata, or none',
      img2dataset: 'save_additional_columns',
      dataset: true,
    },
    bboxCol: {
      type: optional(column),
      default: null,
      help: 'Column of regions to blur: lists of x_min, y_min, x_max, y_max, each from 0 to 1',
      dataset: true,
    },
    where: {
      type: optional(text('<sql>', 'a SQL condition over the columns of the index')),
      default: null,
      help: "Only rows that meet a SQL condition: 'similarity > 0.3 AND punsafe < 0.5'",
      dataset: true,
    },
    limit: {
      type: optional(integer({ min: 1 })),
      default: null,
      help: 'Only the first n rows',
      dataset: true,
    },
    sample: {
      type: optional(decimal({ min: 1e-6, max: 1 })),
      default: null,
      help: 'Only a random fraction of the rows: 0.01',
      dataset: true,
    },
    seed: {
      type: integer({ min: 0, max: 2 ** 32 - 1 }),
      default: 0,
      help: 'Seed of --sample: the same rows again',
      dataset: true,
    },
    allowEmpty: {
      type: flag,
      default: false,
      help: 'Accept an index without rows',
    },
    dedupe: {
      type: choice(['none', 'url']),
      default: 'none',
      help: 'url: fetch each URL only once',
      dataset: true,
    },
    duplicates: {
      type: choice(['point', 'drop', 'merge']),
      default: 'point',
      help: 'Duplicates: point (duplicate_of names the first row), drop, or merge (its sample gets all captions)',
      dataset: true,
    },
  }),

  ...optionGroup('Text files', {
    header: {
      type: optional(columnNames),
      default: null,
      defaultText: 'the first line',
      help: 'Names of the columns of a table without a header: caption,url',
      dataset: true,
    },
    delimiter: {
      type: optional(delimiter),
      default: null,
      defaultText: 'recognised',
      help: "Character between fields: ';', tab",
      dataset: true,
    },
    encoding: {
      type: optional(encoding),
      default: null,
      defaultText: 'UTF-8',
      help: 'Encoding: latin1, shift_jis, gb18030',
      dataset: true,
    },
    records: {
      type: optional(text('<name>', 'the name of a list in a JSON object')),
      default: null,
      defaultText: 'the only one',
      help: 'JSON: the list of rows inside an object, such as annotations',
      dataset: true,
    },
  }),

  ...optionGroup('Dataset', {
    output: {
      type: optional(datasetLocation),
      default: null,
      help: 'Folder, or a store (s3://, gs://, az://, hf://); - streams one tar to standard output',
      short: 'o',
      img2dataset: 'output_folder',
    },
    outputFormat: {
      type: choice(OUTPUT_FORMATS, { dummy: 'none' }),
      default: 'webdataset',
      help: 'webdataset (tars), files (one folder per shard), parquet, tfrecord, mds, none (statistics only)',
      dataset: true,
    },
    loaderFiles: {
      type: flag,
      default: true,
      help: 'Write files that loaders need beside the samples (docs/training.md)',
      dataset: true,
    },
    numberSamplePerShard: {
      type: integer({ min: 1, max: 10_000_000, unit: 'rows' }),
      default: 10_000,
      help: 'Rows of the index in each shard',
      dataset: true,
    },
    maxShardBytes: {
      type: optional(byteSize({ min: 1 })),
      default: null,
      defaultText: 'off',
      help: 'Divide files of samples above this',
      dataset: true,
    },
    oomShardCount: {
      type: integer({ min: 1, max: 15, unit: 'digits' }),
      default: 5,
      help: 'Minimum digits in shard numbers',
      dataset: true,
    },
    keyCol: {
      type: optional(column),
      default: null,
      defaultText: 'numbered',
      help: 'Column that names the samples; each value once',
      dataset: true,
    },
    keyPrefix: {
      type: optional(keyPrefix),
      default: null,
      help: 'Text before every key, so that datasets can be merged: coco_',
      dataset: true,
    },
    subfolderCol: {
      type: optional(column),
      default: null,
      help: "files: column with each sample's subfolder",
      dataset: true,
    },
    indexRow: {
      type: flag,
      default: false,
      help: 'Copy the number of each row in its file, from 0, and the name of the file',
      dataset: true,
    },
    incrementalMode: {
      type: choice(['incremental', 'overwrite', 'extend']),
      default: 'incremental',
      help: 'If the output holds a dataset: incremental (resume), overwrite, extend',
    },
    extractExif: {
      type: flag,
      default: true,
      help: 'Copy the EXIF tags of images into the metadata',
      dataset: true,
    },
    computeHash: {
      type: choice([...HASHES, 'none']),
      default: 'sha256',
      help: 'Digest of each download to store: md5, sha256, sha512, none',
      dataset: true,
    },
  }),
} as const;
