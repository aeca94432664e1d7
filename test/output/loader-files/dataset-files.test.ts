import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BOOL, type Column, DOUBLE, INT32, INT64, STRING } from '../../../src/core/columns.ts';
import type {
  DatasetFacts,
  SamplesFileFacts,
  ShardFacts,
} from '../../../src/output/loader-files/dataset-facts.ts';
import { DATASET_FILES } from '../../../src/output/loader-files/dataset-files.ts';
import { unitedColumns } from '../../../src/output/loader-files/united-columns.ts';

const CARRIED: readonly Column[] = [
  { name: 'similarity', type: DOUBLE },
  { name: 'tags', type: { kind: 'list', element: INT64 } },
  { name: 'boxes', type: { kind: 'list', element: { kind: 'list', element: DOUBLE } } },
  { name: 'part', type: { kind: 'struct', fields: [{ name: 'a', type: BOOL }] } },
  { name: 'small', type: { kind: 'int', bits: 8, signed: false } },
  { name: 'LICENSE', type: STRING },
  { name: 'seen', type: { kind: 'timestamp', unit: 'ms', utc: true } },
];
const FIELDS: readonly Column[] = [
  ...CARRIED,
  { name: 'caption', type: STRING },
  { name: 'url', type: STRING },
  { name: 'width', type: INT32 },
];

const tar = (name: string, samples: number): SamplesFileFacts => ({
  name,
  samples,
  digest: { bytes: 10_240 * (samples + 1), sha256: name.repeat(7) },
});

const shard = (name: string, rows: number, files: readonly SamplesFileFacts[]): ShardFacts => ({
  name,
  rows,
  samples: files.reduce((sum, { samples }) => sum + samples, 0),
  caption: true,
  encodeFormat: 'jpg',
  files,
});

const FACTS: DatasetFacts = {
  format: 'webdataset',
  index: ['a`b.parquet'],
  shards: [
    shard('00000', 10, [tar('00000.tar', 4), tar('00000_001.tar', 3)]),
    shard('00001', 3, [tar('00001.tar', 0)]),
    shard('00002', 1, [tar('00002.tar', 1)]),
  ],
  mds: [],
  fields: FIELDS,
  columns: [...FIELDS, { name: 'attempts', type: INT32 }],
  caption: true,
  extensions: ['jpg', 'png'],
  failures: new Map([
    ['http_404', 2],
    ['timeout', 4],
  ]),
  policies: ['standard'],
  attribution: null,
};

const TARS = FACTS.shards.flatMap(({ files }) => files);

function content(name: string, facts: Partial<DatasetFacts> = {}): string {
  const file = DATASET_FILES.find((each) => each.name === name);
  return file?.content({ ...FACTS, ...facts }) ?? 'no such file';
}

/** The front matter of the dataset card, and its text for people. */
function card(facts: Partial<DatasetFacts> = {}) {
  const [, front = '', text = ''] = content('README.md', facts).split(/^---\n/m);
  return { front: parse(front), text };
}

test('the index of MDS names the files with samples, their columns and digests, and MDS has no other files', () => {
  const { shards } = JSON.parse(content('index.json', { mds: FACTS.shards }));
  expect(shards).toMatchObject([
    { samples: 4, raw_data: { basename: '00000.tar' } },
    { samples: 3, raw_data: { basename: '00000_001.tar' } },
    { samples: 1, raw_data: { basename: '00002.tar' } },
  ]);
  for (const { column_names, column_encodings, raw_data, hashes } of shards) {
    expect(column_names).toEqual(['jpg', 'json', 'key', 'txt']);
    expect(column_encodings).toEqual(['jpeg', 'json', 'str', 'str']);
    expect(Object.keys(raw_data.hashes)).toEqual(hashes);
  }
  const written = DATASET_FILES.filter(
    (file) => file.content({ ...FACTS, format: 'mds', mds: FACTS.shards }) !== null,
  );
  expect(written.map(({ name }) => name)).toEqual(['index.json']);
});

describe('the lists of shards count the samples of each tar', () => {
  test('for open_clip, with empty tars', () => {
    expect(JSON.parse(content('sizes.json'))).toEqual({
      '00000.tar': 4,
      '00000_001.tar': 3,
      '00001.tar': 0,
      '00002.tar': 1,
    });
  });

  test('for wids, with lengths', () => {
    expect(JSON.parse(content('shardindex.json'))).toEqual({
      __kind__: 'wids-shard-index-v1',
      wids_version: 1,
      shardlist: [
        { url: '00000.tar', nsamples: 4, filesize: 51_200 },
        { url: '00000_001.tar', nsamples: 3, filesize: 40_960 },
        { url: '00001.tar', nsamples: 0, filesize: 10_240 },
        { url: '00002.tar', nsamples: 1, filesize: 20_480 },
      ],
    });
  });

  test('for Energon, without empty tars, which it refuses', () => {
    expect(JSON.parse(content('.nv-meta/.info.json'))).toEqual({
      shard_counts: { '00000.tar': 4, '00000_001.tar': 3, '00002.tar': 1 },
    });
    expect(parse(content('.nv-meta/split.yaml'))).toEqual({
      split_parts: { train: ['00000.tar', '00000_001.tar', '00002.tar'], val: [], test: [] },
      exclude: [],
    });
  });
});

test('Energon reads images with captions, or images alone', () => {
  const sampleType = (name: string) => ({ __module__: 'megatron.energon', __class__: name });
  expect(parse(content('.nv-meta/dataset.yaml'))).toEqual({
    sample_type: sampleType('CaptioningSample'),
    field_map: { image: 'jpg,png', caption: 'txt' },
  });
  expect(parse(content('.nv-meta/dataset.yaml', { caption: false }))).toEqual({
    sample_type: sampleType('ImageSample'),
    field_map: { image: 'jpg,png' },
  });
});

describe('the dataset card', () => {
  test("names the tars and the type of every field to Hugging Face's datasets", () => {
    expect(card().front).toEqual({
      configs: [{ config_name: 'default', data_files: [{ split: 'train', path: '*.tar' }] }],
      dataset_info: {
        config_name: 'default',
        features: [
          { name: 'jpg', dtype: 'image' },
          { name: 'png', dtype: 'image' },
          {
            name: 'json',
            struct: [
              { name: 'similarity', dtype: 'float64' },
              { name: 'tags', list: 'int64' },
              { name: 'boxes', list: { list: 'float64' } },
              { name: 'part', struct: [{ name: 'a', dtype: 'bool' }] },
              { name: 'small', dtype: 'uint8' },
              { name: 'LICENSE', dtype: 'string' },
              { name: 'seen', dtype: 'string' },
              { name: 'caption', dtype: 'string' },
              { name: 'url', dtype: 'string' },
              { name: 'width', dtype: 'int32' },
            ],
          },
          { name: 'txt', dtype: 'string' },
          { name: '__key__', dtype: 'string' },
          { name: '__url__', dtype: 'string' },
        ],
      },
    });
    const { features } = card({ caption: false }).front.dataset_info;
    expect(features.map(({ name }: { name: string }) => name)).not.toContain('txt');
  });

  test('names images and captions of folders', () => {
    expect(card({ format: 'files' }).front).toEqual({
      configs: [
        {
          config_name: 'default',
          data_files: [{ split: 'train', path: ['**/*.jpg', '**/*.png', '*/metadata.jsonl'] }],
        },
      ],
    });
  });

  test('says what is there, what failed and what is known about licences', () => {
    const { text } = card();
    expect(text).toContain('# Images and captions of `a_b.parquet`');
    expect(text).toContain('| 3 | 14 | 8 |');
    expect(text).toContain('`KEY.jpg`, `KEY.png`, `KEY.json` and `KEY.txt`');
    expect(text).toContain('`similarity`, `tags`, `boxes`, `part`, `small`, `LICENSE`, `seen`.');
    expect(text).toMatch(/^\| `timeout` \| 4 \| .+ \|\n\| `http_404` \| 2 \| .+ \|$/m);
    expect(text).toContain('What the index says about licences is in `LICENSE`.');
    expect(card({ fields: [], failures: new Map() }).text).not.toMatch(/Failed rows|From the index/);
  });
});

describe('croissant.json', () => {
  test('describes every tar, the images in them, and the columns that are no lists and no structs', () => {
    const { distribution, recordSet } = JSON.parse(content('croissant.json'));
    expect(distribution.slice(0, 4)).toEqual(
      TARS.map(({ name, samples }) => ({
        '@type': 'cr:FileObject',
        '@id': name,
        name,
        contentUrl: name,
        encodingFormat: 'application/x-tar',
        contentSize: `${10_240 * (samples + 1)} B`,
        sha256: name.repeat(7),
      })),
    );
    expect(distribution[4]).toMatchObject({
      containedIn: TARS.map(({ name }) => ({ '@id': name })),
      includes: ['*.jpg', '*.png'],
    });
    expect(distribution[5]).toMatchObject({ '@id': 'metadata-files', includes: '*.parquet' });
    const [images, rows] = recordSet;
    expect(images.field.map(({ source }: { source: object }) => source)).toEqual([
      { fileSet: { '@id': 'image-files' }, extract: { fileProperty: 'filename' } },
      { fileSet: { '@id': 'image-files' }, extract: { fileProperty: 'content' } },
    ]);
    const types = {
      similarity: 'Float',
      small: 'Integer',
      LICENSE: 'Text',
      seen: 'DateTime',
      caption: 'Text',
    };
    const expected = Object.entries({ ...types, url: 'URL', width: 'Integer', attempts: 'Integer' });
    expect(rows.field).toEqual(
      expected.map(([name, type]) => ({
        '@type': 'cr:Field',
        '@id': `rows/${name}`,
        name,
        dataType: `sc:${type}`,
        source: { fileSet: { '@id': 'metadata-files' }, extract: { column: name } },
      })),
    );
  });
});

test('a dataset of folders has the card alone', () => {
  const names = DATASET_FILES.filter(({ content }) => content({ ...FACTS, format: 'files' }) !== null);
  expect(names.map(({ name }) => name)).toEqual(['README.md']);
});

test('columns of several runs are united: numbers as floating point, anything else as text', () => {
  const united = unitedColumns([
    [
      { name: 'a', type: INT64 },
      { name: 'b', type: INT64 },
      { name: 'c', type: BOOL },
    ],
    [
      { name: 'b', type: DOUBLE },
      { name: 'c', type: INT32 },
      { name: 'a', type: INT64 },
      { name: 'd', type: STRING },
    ],
  ]);
  expect(united).toEqual([
    { name: 'a', type: INT64 },
    { name: 'b', type: DOUBLE },
    { name: 'c', type: STRING },
    { name: 'd', type: STRING },
  ]);
});
