import type { Column, ColumnType } from '../../core/columns.ts';
import type { DatasetFacts, SamplesFileFacts } from './dataset-facts.ts';

const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  parentField: 'cr:parentField',
  path: 'cr:path',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
} as const;

/**
 * `croissant.json`, the description of the dataset in Croissant 1.0: every tar with its digest, the images in them, and the
 * rows of the metadata without lists and structs. The Parquet files have no digests here, because they hold times, and the
 * same samples should give the same bytes. Null for a dataset of folders, whose images have no archive to be named.
 */
export function croissant(facts: DatasetFacts): string | null {
  if (facts.format !== 'webdataset') return null;
  const { columns, extensions, index, shards } = facts;
  const tars = shards.flatMap((shard) => shard.files);
  const document = {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    name: 'images',
    description: `Images downloaded by laion-fetch from the URLs in ${index.join(', ')}`,
    distribution: [
      ...tars.map(tarObject),
      {
        '@type': 'cr:FileSet',
        '@id': 'image-files',
        containedIn: tars.map(({ name }) => ({ '@id': name })),
        encodingFormat: 'image/*',
        includes: extensions.map((extension) => `*.${extension}`),
      },
      {
        '@type': 'cr:FileSet',
        '@id': 'metadata-files',
        encodingFormat: 'application/x-parquet',
        includes: '*.parquet',
      },
    ],
    recordSet: [
      recordSet('images', 'image-files', [
        { name: 'name', dataType: 'sc:Text', extract: { fileProperty: 'filename' } },
        { name: 'image', dataType: 'sc:ImageObject', extract: { fileProperty: 'content' } },
      ]),
      recordSet('rows', 'metadata-files', columns.flatMap(columnField)),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function tarObject({ name, digest }: SamplesFileFacts): object {
  return {
    '@type': 'cr:FileObject',
    '@id': name,
    name,
    contentUrl: name,
    encodingFormat: 'application/x-tar',
    ...(digest === undefined ? {} : { contentSize: `${digest.bytes} B`, sha256: digest.sha256 }),
  };
}

interface Field {
  readonly name: string;
  readonly dataType: string;
  readonly extract: object;
}

function recordSet(id: string, files: string, fields: readonly Field[]): object {
  return {
    '@type': 'cr:RecordSet',
    '@id': id,
    field: fields.map(({ name, dataType, extract }) => ({
      '@type': 'cr:Field',
      '@id': `${id}/${name}`,
      name,
      dataType,
      source: { fileSet: { '@id': files }, extract },
    })),
  };
}

function columnField({ name, type }: Column): readonly Field[] {
  if (type.kind === 'list' || type.kind === 'struct') return [];
  return [{ name, dataType: name === 'url' ? 'sc:URL' : DATA_TYPES[type.kind], extract: { column: name } }];
}

const DATA_TYPES: Readonly<Record<Exclude<ColumnType['kind'], 'list' | 'struct'>, string>> = {
  bool: 'sc:Boolean',
  int: 'sc:Integer',
  float: 'sc:Float',
  decimal: 'sc:Text',
  string: 'sc:Text',
  json: 'sc:Text',
  bytes: 'sc:Text',
  date: 'sc:Date',
  time: 'sc:Text',
  timestamp: 'sc:DateTime',
};
