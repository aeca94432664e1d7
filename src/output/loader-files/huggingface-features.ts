import type { Column, ColumnType } from '../../core/columns.ts';
import type { YamlValue } from '../../util/text/yaml.ts';
import type { DatasetFacts } from './dataset-facts.ts';

/**
 * The features of a webdataset for Hugging Face's `datasets`, which otherwise guesses them from the first five samples and
 * fails if these have a null where later ones have a value.
 */
export function huggingfaceFeatures({ caption, extensions, fields }: DatasetFacts): YamlValue {
  return [
    ...extensions.map((name) => ({ name, dtype: 'image' })),
    { name: 'json', struct: fields.map(feature) },
    ...(caption ? [{ name: 'txt', dtype: 'string' }] : []),
    { name: '__key__', dtype: 'string' },
    { name: '__url__', dtype: 'string' },
  ];
}

function feature({ name, type }: Column): YamlValue {
  return { name, ...featureType(type) };
}

function featureType(type: ColumnType): { readonly [key: string]: YamlValue } {
  if (type.kind === 'struct') return { struct: type.fields.map(feature) };
  if (type.kind !== 'list') return { dtype: valueType(type) };
  const element = featureType(type.element);
  return { list: element['dtype'] ?? element['struct'] ?? element };
}

/** The type of a value in the JSON, where dates, decimals and bytes are texts. */
function valueType(type: Exclude<ColumnType, { kind: 'list' | 'struct' }>): string {
  switch (type.kind) {
    case 'bool':
      return 'bool';
    case 'int':
      return `${type.signed ? '' : 'u'}int${type.bits}`;
    case 'float':
      return `float${type.bits}`;
    default:
      return 'string';
  }
}
